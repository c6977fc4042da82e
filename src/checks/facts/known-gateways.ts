import {
  configuredGateways,
  type GatewayAddresses,
  gatewayAddresses,
  type MeshNetworks,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckContext } from '../engine/check-context.ts';

/** The part of a round's facts by which an istiod's own gateways are found. */
interface Told {
  answers(cluster: MeshCluster): Promise<boolean>;
  meshNetworks(cluster: MeshCluster): Promise<MeshNetworks>;
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
  const told = await configuredGateways(stated, answering, { signal });
  return {
    ...own,
    described: [...own.described, ...told.described],
    unresolved: [...own.unresolved, ...told.unresolved],
  };
}
