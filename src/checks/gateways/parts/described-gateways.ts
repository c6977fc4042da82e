import { addressEntries, apiNetworkGateways, isRemote } from '../../../istio/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { hostPort } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';

/** How a network is entered that has its gateway outside of its clusters. */
export interface DescribedWays {
  /** As peers are told, each once. */
  readonly addresses: readonly string[];
  /** Peers that are not told. */
  readonly problems: readonly Finding[];
}

/**
 * Gateways by which peers come into a cluster that has none: by the istiod of each one's own cluster, which a Gateway
 * of the class `istio-remote` there, or an address of its mesh configuration, tells of it. Undefined where no peer has
 * one.
 */
export async function describedWays(
  cluster: MeshCluster,
  { clusters, facts }: Pick<CheckRunContext, 'clusters' | 'facts'>,
): Promise<DescribedWays | undefined> {
  const { name, network } = cluster.spec;
  const peers = clusters.filter(({ spec }) => spec.network !== network);
  const told = await Promise.all(
    peers.map(async (peer) => {
      if (!(await facts.answers(peer))) return undefined;
      const [{ apiGateways = [] }, { stated }] = await Promise.all([
        facts.gateways(peer),
        facts.meshNetworks(peer),
      ]);
      const ways = [...apiNetworkGateways(apiGateways.filter(isRemote)), ...addressEntries(stated)];
      return { peer: peer.spec.name, ways: ways.filter((one) => one.network === network) };
    }),
  );
  const seen = told.flatMap((one) => one ?? []);
  const ways = seen.flatMap((one) => one.ways);
  if (ways.length === 0) return undefined;
  const problems = seen
    .filter((one) => one.ways.length === 0)
    .map(({ peer }) => ({
      cluster: peer,
      message: `knows no gateway of network ${network}, so its callers get pods’ own addresses of ${name}`,
      cause: `${name} has no gateway of its own, and a Gateway of the class istio-remote, or meshNetworks, tells only the istiod of the cluster that it is in`,
      fix: 'apply the Gateway that the other clusters have for this network, with its addresses and its label topology.istio.io/network, or give its ConfigMap istio their meshNetworks',
    }));
  const addresses = ways.map(({ host, port }) => hostPort({ address: host, port }));
  return { addresses: [...new Set(addresses)], problems };
}
