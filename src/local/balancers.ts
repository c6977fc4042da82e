import { IsthmusError } from '../errors/index.ts';
import type { LoadBalancer, ProviderContext } from '../provider/index.ts';
import { meshPaths, nodePaths } from './host/paths.ts';
import { type BalancerState, balancerConfigMap } from './load-balancer/state.ts';
import { nodeApi } from './node/readiness.ts';

/** The load balancers of one cluster as its controller reported them last. */
export async function nodeLoadBalancers(context: ProviderContext, cluster: string): Promise<LoadBalancer[]> {
  const api = await nodeApi(nodePaths(meshPaths(context.topology.name), cluster));
  if (!api) throw absent(cluster);
  try {
    const path = `/api/v1/namespaces/${balancerConfigMap.namespace}/configmaps/${balancerConfigMap.name}`;
    const map = await api.get<{ data?: Record<string, string> }>(path, context.signal);
    const states = Object.entries(map?.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return states.map(([, text]) => ({ cluster, ...(JSON.parse(text) as BalancerState) }));
  } finally {
    api.close();
  }
}

export const absent = (cluster: string): IsthmusError =>
  new IsthmusError('CLUSTER_UNREACHABLE', `local cluster ${cluster} does not exist yet`, {
    hint: 'run `isthmus up`',
  });
