import type { KubeConnection } from '../types.ts';
import type { KubectlConfiguration } from './kubectl-config.ts';

/** The same API server by the same way, but as whom the token stands for. */
export function connectionWithToken(connection: KubeConnection, token: string): KubeConnection {
  const { config, cluster: name } = connection;
  const asKubectl = (config as Partial<KubectlConfiguration>).withToken?.(token);
  if (asKubectl) return { ...connection, config: asKubectl };
  const cluster = config.getCurrentCluster();
  const own = new (plainClassOf(config))();
  own.loadFromOptions({
    clusters: cluster ? [cluster] : [],
    users: [{ name, token }],
    contexts: [{ name, cluster: cluster?.name ?? '', user: name }],
    currentContext: name,
  });
  return { ...connection, config: own };
}

type ConfigClass = new () => KubeConnection['config'];

/**
 * The client library's own class, taken from the object so that the library is not loaded before it is
 * needed. A class made from it signs in by itself, with more than the token.
 */
function plainClassOf(config: KubeConnection['config']): ConfigClass {
  let found = config.constructor as ConfigClass;
  for (let above = found; above !== Function.prototype; above = Object.getPrototypeOf(above)) found = above;
  return found;
}
