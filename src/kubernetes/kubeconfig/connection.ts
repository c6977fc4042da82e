import { readFileSync } from 'node:fs';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import type { KubeConnection } from '../types.ts';
import { kubeconfigPaths } from './kubeconfig-path.ts';

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
 * A connection by a kubeconfig's context. Throws CONTEXT_UNKNOWN, naming the contexts there are,
 * and KUBECONFIG_INVALID. Loads the Kubernetes client library, which takes a third of a second.
 */
export async function connectionFromKubeconfig(source: KubeconfigSource): Promise<KubeConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const where = load(config, source);
  const context = source.context ?? config.getCurrentContext();
  if (!config.getContexts().some(({ name }) => name === context)) throw unknown(config, context, where);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new IsthmusError(
      'KUBECONFIG_INVALID',
      `context ${context} in ${where} names a cluster that is not there`,
    );
  return {
    cluster: source.cluster,
    config,
    apiServerForPeers: (source.apiServerForPeers ?? cluster.server).replace(/\/$/, ''),
    certificateAuthority: authorityOf(cluster, where),
  };
}

type Config = KubeConnection['config'];

/** Returns where it was read from, for messages. */
function load(config: Config, source: KubeconfigSource): string {
  if (source.text !== undefined) {
    invalidIfThrows('the given kubeconfig', () => config.loadFromString(source.text ?? ''));
    return 'the given kubeconfig';
  }
  const paths = kubeconfigPaths(source.path);
  const there = paths.filter((path) => readable(path, source.path !== undefined));
  for (const [at, path] of there.entries()) {
    invalidIfThrows(path, () => (at === 0 ? config.loadFromFile(path) : mergeFile(config, path)));
  }
  return paths.join(':');
}

/** As kubectl does: the first file to name something wins. */
function mergeFile(config: Config, path: string): void {
  const more = new (config.constructor as new () => Config)();
  more.loadFromFile(path);
  for (const cluster of more.clusters) if (!config.getCluster(cluster.name)) config.addCluster(cluster);
  for (const user of more.users) if (!config.getUser(user.name)) config.addUser(user);
  for (const entry of more.contexts) if (!config.getContextObject(entry.name)) config.addContext(entry);
  if (!config.getCurrentContext()) config.setCurrentContext(more.getCurrentContext());
}

function readable(path: string, required: boolean): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !required) return false;
    throw new IsthmusError(
      code === 'ENOENT' ? 'CONTEXT_UNKNOWN' : 'KUBECONFIG_INVALID',
      `cannot read kubeconfig ${path}: ${code}`,
      { hint: 'correct the path or set KUBECONFIG' },
    );
  }
}

/** The parser's message quotes the line it stumbled on, which may hold a credential. */
function invalidIfThrows(where: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    throw new IsthmusError('KUBECONFIG_INVALID', `${where} is not a kubeconfig: ${reason}`, {
      hint: 'look at it with `kubectl config view`',
    });
  }
}

function unknown(config: Config, context: string | undefined, where: string): IsthmusError {
  const names = config.getContexts().map(({ name }) => name);
  const what = context ? `context ${context} is not in ${where}` : `${where} has no current context`;
  return new IsthmusError('CONTEXT_UNKNOWN', what, {
    hint:
      names.length > 0
        ? `use one of: ${names.join(', ')}`
        : 'it has no contexts; log in to the cluster first',
  });
}

function authorityOf(cluster: { caData?: string; caFile?: string }, where: string): string | undefined {
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
