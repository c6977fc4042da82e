import type { Fault } from './fault.ts';
import { clusterPath, type IndexedCluster, networkOf } from './indexed-cluster.ts';

/** Pods of an equal network reach each other by their own addresses, so these are of one family. */
export function networkFaults(clusters: readonly IndexedCluster[]): Fault[] {
  return clusters.flatMap((cluster, position) => {
    const { ipFamily } = cluster.spec;
    const network = networkOf(cluster.spec);
    const other = clusters
      .slice(0, position)
      .find(({ spec }) => networkOf(spec) === network && spec.ipFamily !== ipFamily);
    if (!other) return [];
    return [
      {
        path: clusterPath(cluster, 'network'),
        message: `network "${network}" has ${ipFamily} pods here and ${other.spec.ipFamily} pods in cluster "${other.spec.name}"`,
        hint: 'give them networks of their own: clusters of different families meet at gateways',
      },
    ];
  });
}
