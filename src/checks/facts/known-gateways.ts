import {
  configuredGateways,
  type GatewayAddresses,
  gatewayAddresses,
  type MeshNetworks,
  type NamedGateway,
  namedEntries,
  namedGateways,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckContext } from '../engine/check-context.ts';

/** The part of a round's facts by which an istiod's own gateways are found. */
interface Told {
  answers(cluster: MeshCluster): Promise<boolean>;
  meshNetworks(cluster: MeshCluster): Promise<MeshNetworks>;
  once<T>(cluster: MeshCluster, what: string, read: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * Where other networks come into a cluster, and the gateways that its own istiod knows alone. Those of clusters that
 * do not answer are left out where only the mesh configuration names them.
 */
export async function knownGateways(
  cluster: MeshCluster,
  { clusters, facts, signal }: CheckContext & { readonly facts: Told },
): Promise<GatewayAddresses> {
  const [own, { stated }] = await Promise.all([
    gatewayAddresses(cluster, signal),
    facts.meshNetworks(cluster),
  ]);
  if (stated.length === 0) return own;
  const answers = await Promise.all(clusters.map((one) => facts.answers(one)));
  const answering = clusters.filter((_, at) => answers[at]);
  const named = await Promise.all(answering.map((one) => namedIn(one, stated, facts)));
  const told = await configuredGateways(stated, named.flat());
  return {
    ...own,
    described: [...own.described, ...told.described],
    unresolved: [...own.unresolved, ...told.unresolved],
  };
}

/** Istiods that are told the same of a cluster share what is read of it. */
async function namedIn(
  cluster: MeshCluster,
  stated: MeshNetworks['stated'],
  facts: Told,
): Promise<readonly NamedGateway[]> {
  const entries = namedEntries(stated, cluster.spec.name);
  if (entries.length === 0) return [];
  const what = `gateways named ${JSON.stringify(entries)}`;
  return facts.once(cluster, what, (signal) => namedGateways(cluster, entries, { signal }));
}
