import { isDeepStrictEqual } from 'node:util';
import { isFields } from '../fields.ts';
import type { KubeObject } from '../types.ts';

/** Set by servers and controllers, never by us. */
const ignored: readonly RegExp[] = [
  /^status(\.|$)/,
  /^metadata\.(managedFields|resourceVersion|generation|uid|creationTimestamp|selfLink|deletionTimestamp|deletionGracePeriodSeconds)(\.|\[|$)/,
  /^metadata\.annotations\[(kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/revision)\]$/,
  // istiod writes its certificate authority into webhooks and, once it serves, lets them fail closed.
  /^webhooks\[[^\]]*\]\.(clientConfig\.caBundle|failurePolicy)$/,
  /^spec\.conversion\.webhook\.clientConfig\.caBundle$/,
];

/** Maps whose keys are data, so that a dot in a key is not a step of the path. */
const dataMaps = new Set(['annotations', 'labels', 'data', 'binaryData', 'stringData', 'matchLabels']);

/** Where in two states of an object a comparison is, and what it found so far. */
interface Position {
  /** As lines begin; empty for the object itself. */
  readonly path: string;
  /** Of all positions together. */
  readonly lines: string[];
  /** Whether the object is a Secret. */
  readonly secret: boolean;
}

/**
 * What differs between two states of an object, one path a line: `spec.replicas: 1 → 2`. Fields
 * that servers set are left out, and a Secret's values are never shown.
 */
export function diffObjects(before: KubeObject, after: KubeObject): string[] {
  const top: Position = { path: '', lines: [], secret: after.kind === 'Secret' };
  compare(before, after, top);
  return top.lines;
}

const below = (at: Position, step: string): Position => ({ ...at, path: at.path + step });

function compare(before: unknown, after: unknown, at: Position): void {
  // Most of an object is as it was, and its paths need not be made to know that.
  if (isDeepStrictEqual(before, after) || ignored.some((pattern) => pattern.test(at.path))) return;
  if (isFields(before) && isFields(after)) compareKeys(before, after, at);
  else if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, at);
  else if (JSON.stringify(before) !== JSON.stringify(after))
    at.lines.push(...describeChange(before, after, at));
}

function compareKeys(before: Record<string, unknown>, after: Record<string, unknown>, at: Position): void {
  const { path } = at;
  const last = path.slice(path.lastIndexOf('.') + 1);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const step = dataMaps.has(last) && /[./]/.test(key) ? `[${key}]` : path ? `.${key}` : key;
    compare(before[key], after[key], below(at, step));
  }
}

/** Lists of named things are compared by name, so that one more container is one line. */
function compareLists(before: unknown[], after: unknown[], at: Position): void {
  const old = byName(before);
  const now = byName(after);
  const keys = old && now ? new Set([...old.keys(), ...now.keys()]) : undefined;
  if (keys) {
    for (const key of keys) compare(old?.get(key), now?.get(key), below(at, `[${key}]`));
    return;
  }
  for (let index = 0; index < Math.max(before.length, after.length); index++)
    compare(before[index], after[index], below(at, `[${index}]`));
}

function byName(list: unknown[]): Map<string, unknown> | undefined {
  const entries = list.map((item) => [isFields(item) ? item['name'] : undefined, item] as const);
  const named = new Map(entries.filter((entry): entry is [string, unknown] => typeof entry[0] === 'string'));
  return named.size === list.length ? named : undefined;
}

function describeChange(before: unknown, after: unknown, { path, secret }: Position): string[] {
  if (secret && /^(data|stringData)(\.|\[|$)/.test(path)) return [`${path}: ${verb(before, after)}`];
  if (typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n'))
    return describeText(path, before, after);
  return [`${path}: ${show(before)} → ${show(after)}`];
}

const shownLines = 6;

function describeText(path: string, before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const removed = [...old].filter((line) => !now.has(line)).map((line) => `${path}: - ${shorten(line)}`);
  const added = [...now].filter((line) => !old.has(line)).map((line) => `${path}: + ${shorten(line)}`);
  const lines = [...removed, ...added];
  if (lines.length === 0) return [`${path}: lines in another order`];
  if (lines.length <= shownLines) return lines;
  return [...lines.slice(0, shownLines), `${path}: … and ${lines.length - shownLines} more lines`];
}

function verb(before: unknown, after: unknown): string {
  if (before === undefined) return 'added';
  return after === undefined ? 'removed' : 'changed';
}

function show(value: unknown): string {
  if (value === undefined) return '(unset)';
  if (typeof value === 'string' && value.includes('\n'))
    return `(${value.trimEnd().split('\n').length} lines)`;
  return shorten(typeof value === 'string' && value !== '' ? value : JSON.stringify(value));
}

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}…` : text);
