import type { z } from 'zod';
import { nearest } from '../../errors/index.ts';
import { type Fault, pathText, valueText } from '../rules/fault.ts';
import { childOf, clusterVariants, type JsonSchema, jsonSchema, schemaAt } from '../schema/json-schema.ts';
import type { MeshDocument } from './mesh-document.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** Say in our words what the schema found: one fault for each thing that a person has to change. */
export function shapeFaults(issues: readonly Issue[], document: MeshDocument): Fault[] {
  return issues.flatMap((issue) => faultsOf(issue, document));
}

function faultsOf(issue: Issue, document: MeshDocument): Fault[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey({ path, key, data: document.data }));
  const value = path.reduce<unknown>(childOf, document.data);
  if (value === undefined) return [missingKey(path, document.data)];
  if (issue.code === 'invalid_value') return [notOneOf(path, value, issue.values.map(String))];
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'provider')
    return [notOneOf(path, value, [...clusterVariants().keys()])];
  if (issue.code === 'invalid_type' && !issue.message.includes('\n'))
    return [wrongType({ path, value, expected: issue.expected, source: document.sourceOf(path) })];
  const [fault = issue.message, hint = 'correct the value'] = issue.message.split('\n');
  return [{ path, message: `${lastWord(path)} ${valueText(value)} ${fault}`, hint }];
}

function unknownKey(at: { path: Path; key: string; data: unknown }): Fault {
  const path = [...at.path, at.key];
  const here = Object.keys(schemaAt(at.path, at.data)?.properties ?? {});
  return { path, at: 'key', message: `unknown key ${valueText(at.key)}`, hint: keyHint(at, here) };
}

/** Keys that stood elsewhere in earlier files, by the end of their path. */
const moved: Readonly<Record<string, string>> = {
  'gateways.exposure':
    'each gateway has its own: write gateways: {ingress: {exposure: …}, eastWest: {exposure: …}}',
  'gateways.sourceRanges':
    'each gateway has its own: write gateways: {ingress: {sourceRanges: […]}, eastWest: {sourceRanges: […]}}',
};

function keyHint(at: { path: Path; key: string; data: unknown }, here: readonly string[]): string {
  const before = moved[`${String(at.path.at(-1))}.${at.key}`];
  if (before) return before;
  if (isClusterPath(at.path)) {
    const own = childOf(at.path.reduce<unknown>(childOf, at.data), 'provider');
    const owners = [...clusterVariants()]
      .filter(([, variant]) => variant.properties?.[at.key])
      .map(([name]) => name);
    if (owners.length > 0)
      return `only clusters of provider ${alternatives(owners)} have ${at.key}, this one is ${String(own)}`;
  }
  const near = nearest(at.key, here);
  if (near) return `did you mean "${near}"?`;
  const elsewhere = placesOf(at.key)[0];
  if (elsewhere) return `move it: ${at.key} is a key of ${elsewhere}`;
  return `the keys here are ${here.join(', ')}`;
}

const isClusterPath = (path: Path) =>
  path.length === 3 && path[0] === 'spec' && path[1] === 'clusters' && typeof path[2] === 'number';

/** Paths of the objects that have a key, apart from clusters. */
function placesOf(key: string): string[] {
  const places: string[] = [];
  const look = (schema: JsonSchema, path: Path): void => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      if (name === key) places.push(pathText(path) || 'the file itself');
      look(child, [...path, name]);
    }
  };
  look(jsonSchema(), []);
  return places;
}

function missingKey(path: Path, data: unknown): Fault {
  const key = lastWord(path);
  const message = `the key "${key}" is missing`;
  if (key === 'provider' && isClusterPath(path.slice(0, -1)))
    return { path, message, hint: `add provider: ${alternatives([...clusterVariants().keys()])}` };
  return { path, message, hint: `add ${key}${exampleOf(schemaAt(path, data))}` };
}

function exampleOf(schema: JsonSchema | undefined): string {
  if (schema?.const !== undefined) return `: ${String(schema.const)}`;
  if (schema?.examples?.[0] !== undefined) return `, for instance ${String(schema.examples[0])}`;
  if (schema?.type === 'array') return ', a list';
  return schema?.required ? ` with ${schema.required.join(' and ')} below it` : '';
}

const alternatives = (values: readonly string[]): string =>
  values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : values.join('');

function notOneOf(path: Path, value: unknown, values: readonly string[]): Fault {
  const near = typeof value === 'string' ? nearest(value, values) : undefined;
  const list = values.map((one) => `"${one}"`).join(', ');
  return {
    path,
    message: `${lastWord(path)} ${valueText(value)} is not ${values.length > 1 ? `one of ${list}` : list}`,
    hint: near ? `did you mean "${near}"?` : `write ${alternatives(values)}`,
  };
}

function wrongType(at: { path: Path; value: unknown; expected: string; source: string | undefined }): Fault {
  const { path, value, source } = at;
  const expected = kinds[at.expected] ?? at.expected;
  const written = typeof value === 'string' || source === undefined ? valueText(value) : source;
  const shown = typeof value === 'object' ? kindOf(value) : `the ${kindOf(value)} ${written}`;
  const message = `${lastWord(path)} must be ${expected}, not ${shown}`;
  if (at.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return {
      path,
      message,
      hint: `quote it: "${written}", since YAML reads it as a ${kindOf(value)} otherwise`,
    };
  if (value === null) return { path, message, hint: 'give a value or leave the key out' };
  return { path, message, hint: hints[at.expected] ?? `write ${expected}` };
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  number: 'a number',
  int: 'a whole number',
};

const hints: Readonly<Record<string, string>> = {
  boolean: 'write true or false without quotes',
  array: 'begin each entry with a hyphen on its own line, or write [one, two]',
  number: 'write the number without quotes',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  return typeof value === 'string' ? 'text' : typeof value;
}

function lastWord(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'number' ? `${String(path.at(-2) ?? 'entry')}[${last}]` : last;
}
