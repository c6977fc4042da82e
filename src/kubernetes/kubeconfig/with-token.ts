import type { KubeConnection } from '../types.ts';

/** The same API server by the same way, but as whom the token stands for. */
export function connectionWithToken(connection: KubeConnection, token: string): KubeConnection {
  const { config, cluster: name } = connection;
  const cluster = config.getCurrentCluster();
  // The class comes from the object, so that the client library is not loaded before it is needed.
  const own = new (config.constructor as new () => KubeConnection['config'])();
  own.loadFromOptions({
    clusters: cluster ? [cluster] : [],
    users: [{ name, token }],
    contexts: [{ name, cluster: cluster?.name ?? '', user: name }],
    currentContext: name,
  });
  return { ...connection, config: own };
}
