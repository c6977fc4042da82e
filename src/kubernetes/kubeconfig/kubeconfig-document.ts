import { Document, isMap, isNode, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { dataOf, firstDocument, goYaml, isNothing, UnreadableYaml } from './go-yaml.ts';

export type Section = 'clusters' | 'users' | 'contexts';

/** Marks what isthmus wrote, by the name of its mesh, where kubectl keeps others' data. */
export const extensionName = 'isthmus.io/mesh';

const empty = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';

/**
 * The document of a kubeconfig that kubectl reads, so that comments, order and unknown fields survive an edit. Throws
 * KUBECONFIG_INVALID, with the line if it is known, for what kubectl cannot read either.
 */
export function parseKubeconfig(text: string, file: string): Document {
  try {
    const document = firstDocument(text) ?? startedDocument(text);
    if (isNothing(document)) fill(document);
    if (!isMap(document.contents)) throw invalid(file, 'it is not a map');
    const data = dataOf(document) as Record<string, unknown>;
    for (const section of ['clusters', 'users', 'contexts'] as const) {
      if (isSeq(fieldOf(document.contents, section)?.value)) continue;
      if (Array.isArray(data[section]))
        throw invalid(file, `${section} is taken from an anchor and not written out`);
      if ((data[section] ?? null) !== null) throw invalid(file, `${section} is not a list`);
      setField(document, { map: document.contents, key: section }, []);
    }
    return document;
  } catch (error) {
    throw error instanceof UnreadableYaml ? invalid(file, error.message, error.line) : error;
  }
}

/** A new kubeconfig below the comments of a text that holds nothing else. */
function startedDocument(text: string): Document {
  const comments = text.trim() === '' ? '' : text.replace(/\n?$/, '\n');
  const document = firstDocument(`${comments}${empty}`);
  if (!document) throw new Error('the empty kubeconfig is none');
  return document;
}

/** Put a new kubeconfig in the place of `null`, with its comments. */
function fill(document: Document): void {
  const comments = [document.contents?.commentBefore, document.contents?.comment];
  const map = document.createNode({ apiVersion: 'v1', kind: 'Config' });
  map.commentBefore = comments.filter(Boolean).join('\n') || null;
  document.contents = map;
}

function invalid(file: string, reason: string, line?: number): IsthmusError {
  return new IsthmusError('KUBECONFIG_INVALID', `${file} is not a kubeconfig: ${reason}`, {
    hint: 'mend the file, or name another one in KUBECONFIG',
    where: { file, line },
  });
}

/**
 * Written in the manner of the text it came from; kubectl does not indent lists. Documents behind the first stay as
 * they are, though nobody reads them.
 */
export function printKubeconfig(document: Document, original: string): string {
  const indented = /^(clusters|contexts|users):[^\n]*\n[ \t]+-/m.test(original);
  const printed = textOf(document, indented);
  return printed + original.slice(document.range?.[2] ?? original.length);
}

function textOf(document: Document, indentSeq: boolean): string {
  try {
    return document.toString({ lineWidth: 0, indentSeq, flowCollectionPadding: false });
  } catch (error) {
    // With an entry its anchor goes, which another entry leads to.
    if (!/alias/i.test(messageOf(error))) throw error;
    throw new IsthmusError(
      'KUBECONFIG_INVALID',
      'an anchor in an entry of isthmus is used elsewhere in the file',
      {
        hint: 'write out what the alias stands for',
      },
    );
  }
}

/** The last of equal keys, which counts for kubectl. */
const fieldOf = ({ items }: YAMLMap, key: string): Pair | undefined =>
  items.findLast((pair) => (isScalar(pair.key) ? pair.key.value : pair.key) === key);

interface Field {
  readonly map: YAMLMap;
  readonly key: string;
}

function setField(document: Document, { map, key }: Field, value: unknown): void {
  const field = fieldOf(map, key);
  if (!field) map.set(key, document.createNode(value));
  // So its comment stays.
  else if (isScalar(field.value) && typeof value === 'string') field.value.value = value;
  else field.value = document.createNode(value);
}

const contentsOf = (document: Document) => document.contents as YAMLMap;

/** The name of the current context; empty if there is none. */
export function currentContext(document: Document): string {
  const value = fieldOf(contentsOf(document), 'current-context')?.value;
  return isScalar(value) ? String(value.value ?? '') : '';
}

export const setCurrentContext = (document: Document, name: string): void =>
  setField(document, { map: contentsOf(document), key: 'current-context' }, name);

const listOf = (document: Document, section: Section) =>
  fieldOf(contentsOf(document), section)?.value as YAMLSeq;

/** An entry's name, and what it holds under `cluster`, `user` or `context`, as plain data. */
export interface Entry {
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
}

const kindOf = (section: Section) => section.slice(0, -1);

function entryOf(document: Document, section: Section, item: unknown): Entry {
  const data = (isNode(item) ? item.toJS(document) : item) as Record<string, unknown> | null;
  const content = (data?.[kindOf(section)] ?? {}) as Entry['content'];
  return { name: String(data?.['name'] ?? ''), content };
}

/** The entries of a section in the file's order. */
export const entriesOf = (document: Document, section: Section): Entry[] =>
  listOf(document, section).items.map((item) => entryOf(document, section, item));

export const findEntry = (document: Document, section: Section, name: string): Entry | undefined =>
  entriesOf(document, section).find((entry) => entry.name === name);

/** The mesh that isthmus wrote an entry for; undefined for entries of others. */
export function meshOf(content: Entry['content']): string | undefined {
  const extensions = content['extensions'] ?? [];
  if (!Array.isArray(extensions)) return undefined;
  const all = extensions as ({ name?: string; extension?: { mesh?: string } } | null)[];
  return all.find((one) => one?.name === extensionName)?.extension?.mesh;
}

/** Add an entry, or put it in the place of the one of that name. */
export function putEntry(document: Document, section: Section, { name, content }: Entry): void {
  const list = listOf(document, section);
  list.flow = false;
  const node = document.createNode({ name, [kindOf(section)]: content });
  const at = entriesOf(document, section).findIndex((entry) => entry.name === name);
  if (at < 0) list.items.push(node);
  else list.items[at] = node;
}

export function dropEntry(document: Document, section: Section, name: string): void {
  const list = listOf(document, section);
  list.items = list.items.filter((item) => entryOf(document, section, item).name !== name);
  if (list.items.length === 0) list.flow = true;
}

/** A place in what an entry holds under `cluster`, `user` or `context`. */
export interface EntryPath {
  readonly section: Section;
  readonly name: string;
  readonly path: readonly string[];
}

/** Set what stands in an entry; what is taken from an anchor on the way is written out for it. */
export function setInEntry(document: Document, { section, name, path }: EntryPath, value: string): void {
  const { items } = listOf(document, section);
  const at = entriesOf(document, section).findIndex((entry) => entry.name === name);
  if (at < 0) return;
  const own = items[at];
  const [last = '', ...above] = [kindOf(section), ...path].reverse();
  let map = isMap(own) ? own : writtenOut(document, own);
  items[at] = map;
  for (const key of above.reverse()) map = ownMap(document, { map, key });
  setField(document, { map, key: last }, value);
}

/** The map at a key, which no other place has as well. */
function ownMap(document: Document, field: Field): YAMLMap {
  const there = fieldOf(field.map, field.key)?.value;
  if (isMap(there)) return there;
  const data = (field.map.toJS(document) as Record<string, unknown>)[field.key];
  setField(document, field, data ?? {});
  return fieldOf(field.map, field.key)?.value as YAMLMap;
}

const writtenOut = (document: Document, node: unknown): YAMLMap =>
  document.createNode(isNode(node) ? node.toJS(document) : {}) as YAMLMap;

/** The text of a kubeconfig of these fields and no others. */
export const newKubeconfig = (fields: object): string => printKubeconfig(new Document(fields, goYaml), '');
