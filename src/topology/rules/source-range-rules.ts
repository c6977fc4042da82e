import { familyLabel } from '../ip.ts';
import { peersRange, statedRanges } from '../source-ranges.ts';
import type { GatewayName } from '../types.ts';
import { type Fault, valueText } from './fault.ts';
import { clusterPath, type IndexedCluster, networkOf } from './indexed-cluster.ts';

const gatewayNames = ['ingress', 'eastWest'] as const satisfies readonly GatewayName[];

/** Who may come in by the gateways and to the API server. */
export function sourceRangeFaults(clusters: readonly IndexedCluster[]): Fault[] {
  return clusters.flatMap((cluster) => [
    ...openToAllFaults(cluster),
    ...closedFamilyFaults(cluster, clusters),
    ...peersFaults(cluster, clusters),
  ]);
}

/** By the east-west gateway every service of the mesh can be reached, so nobody opens it to the internet unasked. */
function openToAllFaults(cluster: IndexedCluster): Fault[] {
  const { exposure, sourceRanges } = cluster.spec.gateways.eastWest;
  if (exposure === 'internal' || sourceRanges.length > 0) return [];
  return [
    {
      path: clusterPath(cluster, 'gateways', 'eastWest', 'exposure'),
      message: 'the east-west gateway, behind which all services are, would be open to the whole internet',
      hint: 'add sourceRanges: [peers], which stands for the mesh’s own clusters, or blocks of your own',
    },
  ];
}

/** Source ranges of one family close the gateway for every peer of the other, whatever it allows. */
function closedFamilyFaults(cluster: IndexedCluster, clusters: readonly IndexedCluster[]): Fault[] {
  const { sourceRanges } = cluster.spec.gateways.eastWest;
  if (sourceRanges.length === 0 || sourceRanges.includes(peersRange)) return [];
  const given = new Set(statedRanges(sourceRanges).map(({ family }) => family));
  const closed = clusters.filter(
    (peer) => networkOf(peer.spec) !== networkOf(cluster.spec) && !given.has(peer.spec.ipFamily),
  );
  return closed.length > 0 ? [closedFault(cluster, closed)] : [];
}

function closedFault(cluster: IndexedCluster, closed: readonly IndexedCluster[]): Fault {
  const family = familyLabel[(closed[0] as IndexedCluster).spec.ipFamily];
  const peers = closed.map(({ spec }) => spec.name).join(', ');
  return {
    path: clusterPath(cluster, 'gateways', 'eastWest', 'sourceRanges'),
    message: `sourceRanges ${valueText(cluster.spec.gateways.eastWest.sourceRanges.map(String))} have no ${family} range, so that ${peers} cannot reach the gateway`,
    hint: `add the ${family} blocks that ${peers} send from`,
  };
}

/** `peers` can only stand for addresses that isthmus can learn. */
function peersFaults(cluster: IndexedCluster, clusters: readonly IndexedCluster[]): Fault[] {
  return peersUses(cluster).flatMap(({ path, over }) => {
    const unknown = clusters.filter((one) => one.index !== cluster.index && !knows(one, over));
    const names = unknown.map(({ spec }) => spec.name).join(', ');
    if (unknown.length === 0) return [];
    return [
      {
        path,
        message: `peers cannot stand for ${names}: nobody knows which addresses ${over === 'internet' ? 'it sends from to the internet' : 'it has, as it states no cidr'}`,
        hint:
          over === 'internet'
            ? `write the blocks instead of peers; only what isthmus made is known`
            : `give ${names} a cidr, or write the blocks instead of peers`,
      },
    ];
  });
}

type Way = 'internet' | 'private';

function peersUses(cluster: IndexedCluster): { path: (string | number)[]; over: Way }[] {
  const { spec } = cluster;
  const uses = gatewayNames
    .filter((name) => spec.gateways[name].sourceRanges.includes(peersRange))
    .map((name) => ({
      path: clusterPath(cluster, 'gateways', name, 'sourceRanges'),
      over: spec.gateways[name].exposure === 'internal' ? ('private' as const) : ('internet' as const),
    }));
  if (spec.provider !== 'eks' || !spec.endpoint.publicCidrs.includes(peersRange)) return uses;
  return [...uses, { path: clusterPath(cluster, 'endpoint', 'publicCidrs'), over: 'internet' }];
}

/** Addresses of clusters that isthmus makes are asked for; of others the file knows the block that they are in. */
const knows = ({ spec }: IndexedCluster, over: Way): boolean =>
  spec.provider !== 'existing' || (over === 'private' && spec.cidr !== undefined);
