import { familyLabel } from '../ip.ts';
import { type Fault, valueText } from './fault.ts';
import { clusterPath, type IndexedCluster, networkOf } from './indexed-cluster.ts';

/** Source ranges of one family close a gateway for every peer of the other, whatever it allows. */
export function sourceRangeFaults(clusters: readonly IndexedCluster[]): Fault[] {
  return clusters.flatMap((cluster) => {
    const { sourceRanges } = cluster.spec.gateways;
    if (sourceRanges.length === 0) return [];
    const given = new Set(sourceRanges.map(({ family }) => family));
    const closed = clusters.filter(
      (peer) => networkOf(peer.spec) !== networkOf(cluster.spec) && !given.has(peer.spec.ipFamily),
    );
    return closed.length > 0 ? [closedFault(cluster, closed)] : [];
  });
}

function closedFault(cluster: IndexedCluster, closed: readonly IndexedCluster[]): Fault {
  const family = familyLabel[(closed[0] as IndexedCluster).spec.ipFamily];
  const peers = closed.map(({ spec }) => spec.name).join(', ');
  return {
    path: clusterPath(cluster, 'gateways', 'sourceRanges'),
    message: `sourceRanges ${valueText(cluster.spec.gateways.sourceRanges.map(String))} have no ${family} range, so that ${peers} cannot reach the gateways`,
    hint: `add the ${family} blocks that ${peers} send from`,
  };
}
