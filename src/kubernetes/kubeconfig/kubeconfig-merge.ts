import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'yaml';
import { IsthmusError } from '../../errors/index.ts';
import { allOf } from '../../process/index.ts';
import type { KubeConnection } from '../types.ts';
import {
  currentContext,
  dropEntry,
  type Entry,
  entriesOf,
  extensionName,
  findEntry,
  meshOf,
  newKubeconfig,
  parseKubeconfig,
  printKubeconfig,
  putEntry,
  type Section,
  setCurrentContext,
} from './kubeconfig-document.ts';
import { type KubeconfigEntry, kubeconfigEntry } from './kubeconfig-entry.ts';
import { kubeconfigPaths } from './kubeconfig-path.ts';
import { editPrivateFile, readIfThere } from './private-file.ts';

export interface MergeKubeconfigOptions {
  /** $KUBECONFIG (its first file is written) or ~/.kube/config when undefined. */
  readonly path?: string | undefined;
  /** Keeps apart meshes whose clusters have the same names. */
  readonly mesh?: string | undefined;
  /** One context each, named as the cluster. */
  readonly connections: readonly KubeConnection[];
  /** Also replace contexts of the same name that isthmus did not make. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Names of contexts. */
export interface MergeResult {
  readonly path: string;
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  readonly unchanged: readonly string[];
}

type MergeOutcome = 'added' | 'replaced' | 'unchanged';

const sections: readonly Section[] = ['clusters', 'users', 'contexts'];

/**
 * Write contexts into a kubeconfig without touching anything else in it: comments, unknown fields,
 * other contexts and the current one stay. A context of the same name that leads to another server
 * and that isthmus did not make is refused with KUBECONFIG_INVALID unless forced.
 */
export async function mergeKubeconfig(options: MergeKubeconfigOptions): Promise<MergeResult> {
  const [path, ...others] = kubeconfigPaths(options.path);
  const elsewhere = await Promise.all(
    others.map(async (other) => parseKubeconfig((await readIfThere(other)) ?? '', other)),
  );
  const entries = options.connections.map((connection) => kubeconfigEntry(connection));
  const outcomes = new Map<string, MergeOutcome>();
  const edit = (text: string) => {
    const document = parseKubeconfig(text, path);
    const files = [document, ...elsewhere];
    const conflicts = options.force ? [] : entries.filter((entry) => conflicting(files, entry, options.mesh));
    if (conflicts.length > 0) throw refused(path, conflicts);
    for (const entry of entries) outcomes.set(entry.name, mergeEntry(document, entry, options));
    if ([...outcomes.values()].every((outcome) => outcome === 'unchanged')) return undefined;
    const [first] = entries;
    if (first && !currentContext(document)) setCurrentContext(document, first.name);
    return printKubeconfig(document, text);
  };
  await editPrivateFile(path, edit, { signal: options.signal });
  const by = (outcome: MergeOutcome) =>
    [...outcomes].filter(([, its]) => its === outcome).map(([name]) => name);
  return { path, added: by('added'), replaced: by('replaced'), unchanged: by('unchanged') };
}

/** Cluster and user of a context get names of their own, so that they never meet a user's. */
export const innerName = (mesh: string | undefined, name: string) =>
  ['isthmus', mesh, name].filter(Boolean).join('-');

function contentsOf(
  { name, cluster, user }: KubeconfigEntry,
  mesh: string | undefined,
): Record<Section, Entry['content']> {
  const extensions = [{ name: extensionName, extension: { mesh: mesh ?? '' } }];
  const inner = innerName(mesh, name);
  return {
    clusters: { ...cluster, extensions },
    users: { ...user, extensions },
    contexts: { cluster: inner, user: inner, extensions },
  };
}

function mergeEntry(
  document: Document,
  entry: KubeconfigEntry,
  { mesh, force }: MergeKubeconfigOptions,
): MergeOutcome {
  const there = findEntry(document, 'contexts', entry.name);
  if (there && !force && meshOf(there.content) === undefined) return 'unchanged';
  const wanted = contentsOf(entry, mesh);
  const nameIn = (section: Section) => (section === 'contexts' ? entry.name : innerName(mesh, entry.name));
  const same = sections.every((section) => {
    const live = findEntry(document, section, nameIn(section));
    return live && isDeepStrictEqual(ownPart(section, live.content), wanted[section]);
  });
  if (same) return 'unchanged';
  for (const section of sections)
    putEntry(document, section, { name: nameIn(section), content: wanted[section] });
  return there ? 'replaced' : 'added';
}

/** A namespace that the user chose for a context of ours is theirs to keep. */
function ownPart(section: Section, content: Entry['content']): Entry['content'] {
  const { namespace: _theirs, ...own } = content;
  return section === 'contexts' ? own : content;
}

/** Whether isthmus wrote it, and for this mesh if one is named. */
function isOf(mesh: string | undefined, content: Entry['content']): boolean {
  const its = meshOf(content);
  return its !== undefined && (mesh === undefined || its === mesh);
}

/** Whether the context in force leads elsewhere and is not this mesh's. */
function conflicting(
  files: readonly Document[],
  { name, cluster }: KubeconfigEntry,
  mesh: string | undefined,
): boolean {
  for (const file of files) {
    const context = findEntry(file, 'contexts', name);
    if (!context) continue;
    if (isOf(mesh, context.content)) return false;
    const target = String(context.content['cluster'] ?? '');
    const [found] = files.flatMap((one) => findEntry(one, 'clusters', target) ?? []);
    return found?.content['server'] !== cluster.server;
  }
  return false;
}

function refused(path: string, conflicts: readonly KubeconfigEntry[]): IsthmusError {
  const names = conflicts.map(({ name }) => name).join(', ');
  const many = conflicts.length > 1;
  return new IsthmusError(
    'KUBECONFIG_INVALID',
    `${path} has ${many ? 'contexts' : 'a context'} ${names} that ${many ? 'lead' : 'leads'} to another cluster`,
    {
      hint: 'rename it with `kubectl config rename-context`, or replace it with --force',
      where: { file: path },
    },
  );
}

/** Which contexts are taken out. */
interface Removal {
  readonly mesh?: string | undefined;
  readonly names?: readonly string[] | undefined;
}

/**
 * Take a mesh's contexts out of the kubeconfigs in force, all of them or those named; what isthmus
 * did not write stays. Returns the names of the contexts that went. A file that cannot be read or written keeps none of
 * the others: KUBECONFIG_INVALID, LOCK_HELD, or FILE_DENIED and its like are thrown at the end.
 */
export async function removeFromKubeconfig(
  options: Removal & { readonly path?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<string[]> {
  const paths = kubeconfigPaths(options.path);
  const removed = await allOf(
    paths.map((path) => removeFromFile(path, options)),
    { names: paths, things: 'kubeconfigs' },
  );
  return removed.flat();
}

async function removeFromFile(
  path: string,
  { signal, ...removal }: Removal & { readonly signal?: AbortSignal | undefined },
): Promise<string[]> {
  let gone: string[] = [];
  const edit = (text: string) => {
    const document = parseKubeconfig(text, path);
    gone = removeEntries(document, removal);
    return gone.length > 0 ? printKubeconfig(document, text) : undefined;
  };
  const text = await readIfThere(path);
  // A file that has none of them is not locked: nobody may be allowed to.
  if (text === undefined || edit(text) === undefined) return [];
  await editPrivateFile(path, edit, { signal });
  return gone;
}

function removeEntries(document: Document, { mesh, names }: Removal): string[] {
  const gone: string[] = [];
  for (const { name, content } of entriesOf(document, 'contexts')) {
    if (!isOf(mesh, content) || (names && !names.includes(name))) continue;
    dropEntry(document, 'contexts', name);
    dropMarked(document, 'clusters', String(content['cluster']));
    dropMarked(document, 'users', String(content['user']));
    if (currentContext(document) === name) setCurrentContext(document, '');
    gone.push(name);
  }
  return gone;
}

function dropMarked(document: Document, section: Section, name: string): void {
  const entry = findEntry(document, section, name);
  if (entry && meshOf(entry.content) !== undefined) dropEntry(document, section, name);
}

/** A kubeconfig of its own with these contexts, the first of them current. It holds credentials. */
export function standaloneKubeconfig(connections: readonly KubeConnection[]): string {
  const entries = connections.map((connection) => kubeconfigEntry(connection));
  return newKubeconfig({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(({ name, cluster }) => ({ name, cluster })),
    users: entries.map(({ name, user }) => ({ name, user })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    'current-context': entries[0]?.name ?? '',
  });
}
