import { IsthmusError } from '../errors/index.ts';
import { nearest } from './document/suggestion.ts';
import type { ClusterSpec, Topology } from './types.ts';

/** From one cluster to another, in that direction. */
export interface ClusterPair {
  readonly from: ClusterSpec;
  readonly to: ClusterSpec;
}

type Networked = Pick<ClusterSpec, 'network'>;

/** Every ordered pair of different clusters, in the order of the file. */
export function pairs(topology: Topology): ClusterPair[] {
  return topology.clusters.flatMap((from) => peersOf(topology, from.name).map((to) => ({ from, to })));
}

/** All clusters but the one named. */
export const peersOf = (topology: Topology, name: string): ClusterSpec[] =>
  topology.clusters.filter((cluster) => cluster.name !== name);

/** Do two clusters reach each other's pods without a gateway? */
export const sameNetwork = (a: Networked, b: Networked): boolean => a.network === b.network;

/** Clusters by network, networks in the order of their first cluster. */
export function byNetwork(topology: Topology): Map<string, ClusterSpec[]> {
  const networks = new Map<string, ClusterSpec[]>();
  for (const cluster of topology.clusters) {
    const members = networks.get(cluster.network);
    if (members) members.push(cluster);
    else networks.set(cluster.network, [cluster]);
  }
  return networks;
}

/** The cluster of a name. Throws FLAGS_INVALID, naming the clusters that exist. */
export function clusterNamed(topology: Topology, name: string): ClusterSpec {
  const found = topology.clusters.find((cluster) => cluster.name === name);
  if (found) return found;
  const names = topology.clusters.map((cluster) => cluster.name);
  const near = nearest(name, names);
  throw new IsthmusError('FLAGS_INVALID', `no cluster is named "${name}"`, {
    hint: near ? `did you mean "${near}"?` : `the clusters are ${names.join(', ')}`,
  });
}
