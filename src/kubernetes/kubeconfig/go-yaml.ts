import { isScalar, parseAllDocuments, type Tags } from 'yaml';
import type { z } from 'zod';

/** Kinds of scalars that kubectl's reader does not know, or hands on as text. */
const unknownTags = /:(timestamp|binary|omap|pairs|set)$/;
const sexagesimal = new Set(['TIME']);

const knownTags = (tags: Tags): Tags =>
  tags.filter(
    (tag) => typeof tag === 'string' || (!unknownTags.test(tag.tag) && !sexagesimal.has(tag.format ?? '')),
  );

/**
 * The first document of a text in YAML or JSON as kubectl reads it: YAML 1.1, whose `yes` is a truth value, with
 * merge keys, and the last of two equal keys. Throws an Error whose message quotes nothing, with `line` if known.
 */
export function readYaml(text: string): unknown {
  const [document] = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    customTags: knownTags,
    logLevel: 'silent',
  });
  if (!document || !('contents' in document)) return undefined;
  const [error] = document.errors;
  // The parser's message goes on with the line itself, which may hold a credential.
  if (error) throw new UnreadableYaml(error.message.split(/ at line |\n/)[0] ?? '', error.linePos?.[0].line);
  return isScalar(document.contents) && document.contents.value === null
    ? undefined
    : (document.toJS() as unknown);
}

/** Text that is no YAML. */
export class UnreadableYaml extends Error {
  readonly line: number | undefined;

  constructor(reason: string, line: number | undefined) {
    super(reason);
    this.line = line;
  }
}

/** Bytes as text by their byte order mark, as editors and shells of Windows write it. */
export function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  return (
    { string: 'text', boolean: 'a truth value', number: 'a number', object: 'a map' }[
      typeof value as 'string'
    ] ?? 'nothing'
  );
};
const wantedTypes: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What is wrong at a place, without the value, which may be a credential. */
export function wrongType(issue: z.core.$ZodIssue, whole: unknown): string {
  if (issue.code === 'invalid_value') return `is not ${issue.values.filter(Boolean).join(' or ')}`;
  if (issue.code !== 'invalid_type')
    return issue.code === 'custom' ? issue.message : 'has a value that it cannot have';
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    whole,
  );
  return `is ${typeOf(value)} where ${wantedTypes[issue.expected] ?? issue.expected} is wanted`;
}
