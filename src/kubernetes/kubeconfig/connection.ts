import { readFileSync } from 'node:fs';
import { IsthmusError } from '../../errors/index.ts';
import type { KubeConnection } from '../types.ts';
import type { ClusterEntry } from './configuration.ts';
import { kubeconfigPaths } from './kubeconfig-path.ts';
import { KubectlConfiguration, type LoadedContext } from './kubectl-config.ts';
import { type LoadedEntry, type LoadedKubeconfig, loadFiles, loadText } from './loading.ts';
import { assertUsable } from './usable.ts';

export interface KubeconfigSource {
  /** Cluster name as in the mesh file. */
  readonly cluster: string;
  /** A kubeconfig's text; wins over `path`. */
  readonly text?: string | undefined;
  /** $KUBECONFIG (a list) or ~/.kube/config when undefined. */
  readonly path?: string | undefined;
  /** The kubeconfig's current context when undefined. */
  readonly context?: string | undefined;
  /** `https://host:port` for the other clusters' istiods, when it differs from the kubeconfig's. */
  readonly apiServerForPeers?: string | undefined;
}

/**
 * A connection by a kubeconfig's context, read as kubectl reads it: only the entries that the context names
 * are looked at. Throws CONTEXT_UNKNOWN, naming the contexts there are, and KUBECONFIG_INVALID.
 */
export async function connectionFromKubeconfig(source: KubeconfigSource): Promise<KubeConnection> {
  const loaded = contextOf(load(source), source);
  assertUsable(loaded.cluster, loaded.user);
  const config = new KubectlConfiguration(loaded);
  await config.askAtTerminal();
  const { cluster } = config;
  const apiServerForPeers = withoutSlash(source.apiServerForPeers ?? cluster.server);
  // Another address has another certificate, or the one that its own name is in.
  const isOwn = apiServerForPeers === withoutSlash(cluster.server);
  return {
    cluster: source.cluster,
    config,
    apiServerForPeers,
    serverNameForPeers: isOwn ? cluster.tlsServerName : undefined,
    certificateAuthority: authorityOf(cluster, loaded.cluster.file),
  };
}

const withoutSlash = (address: string): string => address.replace(/\/$/, '');

function load({ text, path }: KubeconfigSource): LoadedKubeconfig {
  if (text !== undefined) return loadText(text, 'the given kubeconfig');
  return loadFiles(kubeconfigPaths(path), path !== undefined);
}

function contextOf(loaded: LoadedKubeconfig, source: KubeconfigSource): LoadedContext {
  const name = source.context ?? loaded.currentContext;
  const context = name === undefined ? undefined : loaded.contexts.get(name);
  if (!context) throw unknown(loaded, name);
  const user = context.content['user'] ? entryOf(loaded, 'user', context) : undefined;
  return {
    context,
    user,
    cluster: entryOf(loaded, 'cluster', context),
    byEnvironment: source.text === undefined,
  };
}

function entryOf(loaded: LoadedKubeconfig, kind: 'cluster' | 'user', context: LoadedEntry): LoadedEntry {
  const name = String(context.content[kind] ?? '');
  const entry = loaded[`${kind}s`].get(name);
  if (entry) return entry;
  const what = name ? `names ${kind} ${name}, which is not in ${loaded.where}` : `names no ${kind}`;
  throw new IsthmusError('KUBECONFIG_INVALID', `context ${context.name} in ${context.file} ${what}`, {
    hint: `give the context a ${kind} with \`kubectl config set-context\``,
    where: { file: context.file },
  });
}

function unknown({ contexts, where }: LoadedKubeconfig, context: string | undefined): IsthmusError {
  const what = context ? `context ${context} is not in ${where}` : `${where} has no current context`;
  return new IsthmusError('CONTEXT_UNKNOWN', what, {
    hint:
      contexts.size > 0
        ? `use one of: ${[...contexts.keys()].join(', ')}`
        : 'it has no contexts; log in to the cluster first',
  });
}

function authorityOf(cluster: ClusterEntry, where: string): string | undefined {
  if (cluster.caData) return Buffer.from(cluster.caData, 'base64').toString('utf8');
  if (!cluster.caFile) return undefined;
  try {
    return readFileSync(cluster.caFile, 'utf8');
  } catch (error) {
    throw new IsthmusError('KUBECONFIG_INVALID', `cannot read ${cluster.caFile}, which ${where} names`, {
      cause: error,
    });
  }
}
