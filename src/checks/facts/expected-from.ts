import {
  type ExpectedEndpoints,
  expectedEndpoints,
  fullHost,
  isClusterLocalForAll,
  type ServiceRef,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckRunContext } from '../engine/check.ts';
import type { ReadAge } from './fresh-read.ts';

/** What the proxies of a cluster must know of a service, by reads that all looks share. */
export async function expectedFrom(
  from: string,
  service: ServiceRef,
  { clusters, facts, signal, age }: CheckRunContext & { readonly age: ReadAge },
): Promise<ExpectedEndpoints> {
  const observe = (cluster: MeshCluster) => facts.service(cluster, service, age);
  const asking = clusters.find(({ spec }) => spec.name === from);
  const kept = asking ? await facts.clusterLocal(asking) : [];
  // Where revisions differ, which is a finding of its own, callers of one of them hold what the others do not.
  const clusterLocal = isClusterLocalForAll(kept, fullHost(service));
  return expectedEndpoints({ clusters, from, service, clusterLocal, signal, observe });
}
