import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { IsthmusError } from '../../errors/index.ts';

export type Section = 'clusters' | 'users' | 'contexts';

/** Marks what isthmus wrote, by the name of its mesh, where kubectl keeps others' data. */
export const extensionName = 'isthmus.io/mesh';

const empty = 'apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';

/**
 * A kubeconfig as a document, so that comments, order and unknown fields survive an edit. Throws
 * KUBECONFIG_INVALID with the line.
 */
export function parseKubeconfig(text: string, file: string): Document {
  const document = parseDocument(text.trim() === '' ? empty : text, { keepSourceTokens: false });
  const [error] = document.errors;
  if (error) {
    // The parser's message goes on with the line itself, which may hold a credential.
    const [reason = ''] = error.message.split(/ at line |\n/);
    throw invalid(file, reason, error.linePos?.[0].line);
  }
  if (!isMap(document.contents)) throw invalid(file, 'it is not a map');
  for (const section of ['clusters', 'users', 'contexts'] as const) {
    const value = document.get(section, true);
    const absent = value === undefined || (isScalar(value) && value.value === null);
    if (absent) document.set(section, document.createNode([]));
    else if (!isSeq(value)) throw invalid(file, `${section} is not a list`);
  }
  return document;
}

function invalid(file: string, reason: string, line?: number): IsthmusError {
  return new IsthmusError('KUBECONFIG_INVALID', `${file} is not a kubeconfig: ${reason}`, {
    hint: 'mend the file, or name another one in KUBECONFIG',
    where: { file, line },
  });
}

/** Written in the manner of the text it came from; kubectl does not indent lists. */
export function printKubeconfig(document: Document, original: string): string {
  const indented = /^(clusters|contexts|users):[^\n]*\n[ \t]+-/m.test(original);
  return document.toString({ lineWidth: 0, indentSeq: indented, flowCollectionPadding: false });
}

const listOf = (document: Document, section: Section) => document.get(section, true) as YAMLSeq<YAMLMap>;

/** The entries of a section in the file's order. */
export function entriesOf(document: Document, section: Section): YAMLMap[] {
  return listOf(document, section).items.filter((item) => isMap(item));
}

export function findEntry(document: Document, section: Section, name: string): YAMLMap | undefined {
  return entriesOf(document, section).find((item) => item.get('name') === name);
}

/** What an entry holds under `cluster`, `user` or `context`, as plain data. */
export function contentOf(document: Document, section: Section, entry: YAMLMap): Record<string, unknown> {
  const node = entry.get(section.slice(0, -1), true);
  return isMap(node) ? (node.toJS(document) as Record<string, unknown>) : {};
}

/** The mesh that isthmus wrote an entry for; undefined for entries of others. */
export function meshOf(content: Record<string, unknown>): string | undefined {
  const extensions = (content['extensions'] ?? []) as { name?: string; extension?: { mesh?: string } }[];
  if (!Array.isArray(extensions)) return undefined;
  return extensions.find(({ name }) => name === extensionName)?.extension?.mesh;
}

/** An entry's name, and what it holds under `cluster`, `user` or `context`. */
export interface Entry {
  readonly name: string;
  readonly content: object;
}

/** Add an entry, or put it in the place of the one of that name. */
export function putEntry(document: Document, section: Section, { name, content }: Entry): void {
  const list = listOf(document, section);
  list.flow = false;
  const node = document.createNode({ name, [section.slice(0, -1)]: content }) as YAMLMap;
  const at = list.items.findIndex((item) => isMap(item) && item.get('name') === name);
  if (at < 0) list.items.push(node);
  else list.items[at] = node;
}

export function dropEntry(document: Document, section: Section, name: string): void {
  const list = listOf(document, section);
  list.items = list.items.filter((item) => !(isMap(item) && item.get('name') === name));
  if (list.items.length === 0) list.flow = true;
}
