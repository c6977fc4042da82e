import { fullHost } from '../services/service-host.ts';
import { observeEndpoints } from './endpoint-facts.ts';
import type { ExpectedOptions } from './service-ref.ts';
import { type ClusterFacts, type ExpectedEndpoint, splitHorizon } from './split-horizon.ts';

/** What the proxies of one cluster must know of a service. */
export interface ExpectedEndpoints {
  /** Envoy cluster name, `outbound|5000||helloworld.sample.svc.cluster.local`. */
  readonly envoyCluster: string;
  readonly endpoints: readonly ExpectedEndpoint[];
  /** Share of requests that each cluster should answer under equal load, by cluster name; below 1 in sum when some must fail. */
  readonly shares: Readonly<Record<string, number>>;
  /** Clusters whose ready pods cannot be reached from here, and why. */
  readonly unreachable: readonly { readonly cluster: string; readonly reason: string }[];
  /** What was seen in each cluster, the asking one included. */
  readonly facts: readonly ClusterFacts[];
}

/**
 * Read EndpointSlices, pods, nodes and gateway addresses of every cluster and compute what Envoy of
 * a pod in `from` must have for a service, without asking any istiod. Throws what the API servers throw.
 */
export async function expectedEndpoints(options: ExpectedOptions): Promise<ExpectedEndpoints> {
  const { service, from, clusterLocal } = options;
  const facts = await observeEndpoints(options);
  const counted = clusterLocal ? facts.filter(({ cluster }) => cluster === from) : facts;
  return {
    envoyCluster: `outbound|${service.port}||${fullHost(service)}`,
    ...splitHorizon(counted, from),
    facts,
  };
}
