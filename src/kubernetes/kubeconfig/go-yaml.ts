import { type Document, isScalar, parseAllDocuments, type ScalarTag, stringify, type Tags } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../../errors/index.ts';

/** Kinds of scalars that kubectl's reader does not know, or hands on as text. */
const unknownTags = /:(timestamp|binary|omap|pairs|set)$/;
const sexagesimal = new Set(['TIME']);

/** A number of YAML 1.2 that kubectl's reader knows although it reads YAML 1.1. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => (text.startsWith('-') ? -1 : 1) * Number.parseInt(text.replace(/^[-+]?0o|_/g, ''), 8),
};

/** A number that was read is written as it was: as one of JavaScript it may have lost digits, and has lost its form. */
const asRead = (tag: ScalarTag): ScalarTag => ({
  ...tag,
  stringify: (item, ...more) => item.source ?? tag.stringify?.(item, ...more) ?? String(item.value),
});

const isNumber = ({ tag }: { readonly tag: string }): boolean => /:(int|float)$/.test(tag);

const knownTags = (tags: Tags): Tags => [
  ...tags
    .filter(
      (tag) => typeof tag === 'string' || (!unknownTags.test(tag.tag) && !sexagesimal.has(tag.format ?? '')),
    )
    .map((tag) => (typeof tag !== 'string' && isNumber(tag) ? asRead(tag as ScalarTag) : tag)),
  octal,
];

/**
 * YAML as kubectl reads it: of version 1.1, whose `yes` is a truth value, with merge keys, and the last of two equal
 * keys. What is written by these has text in quotes that kubectl would take for something else.
 */
export const goYaml = {
  version: '1.1',
  uniqueKeys: false,
  merge: true,
  customTags: knownTags,
  logLevel: 'silent',
} as const;

/** What kubectl and istiod read as this value: a name such as `no` is in quotes, as it is no text to them without. */
export const printYaml = (value: unknown): string => stringify(value, goYaml);

/**
 * The first document of a text in YAML or JSON, of which alone kubectl knows; undefined if there is none. Throws
 * {@link UnreadableYaml}.
 */
export function firstDocument(text: string): Document | undefined {
  const [document] = parseAllDocuments(text, goYaml);
  if (!document || !('contents' in document)) return undefined;
  const [error] = document.errors;
  // The parser's message goes on with the line itself, which may hold a credential.
  if (error) throw new UnreadableYaml(error.message.split(/ at line |\n/)[0] ?? '', error.linePos?.[0].line);
  return document;
}

/** Whether a document says nothing. */
export const isNothing = ({ contents }: Document): boolean =>
  contents === null || (isScalar(contents) && contents.value === null);

/** What {@link firstDocument} holds as plain data; undefined for nothing. Throws {@link UnreadableYaml}. */
export function readYaml(text: string): unknown {
  const document = firstDocument(text);
  return document && !isNothing(document) ? dataOf(document) : undefined;
}

/** Anchors are followed only now. Throws {@link UnreadableYaml} for one that is not there, or far too many. */
export function dataOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) throw new UnreadableYaml(messageOf(error), undefined);
    throw error;
  }
}

/** Text that is no YAML; the message quotes nothing of it, and `line` is where it is wrong, if that is known. */
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
