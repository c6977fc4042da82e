import type { FileCluster } from '../schema/cluster-schema.ts';

/** A well-formed cluster and where it stands in `spec.clusters`. */
export interface IndexedCluster {
  readonly index: number;
  readonly spec: FileCluster;
}

/** `spec.clusters[index].…` as a path. */
export const clusterPath = (cluster: IndexedCluster, ...rest: (string | number)[]) => [
  'spec',
  'clusters',
  cluster.index,
  ...rest,
];

/** A network of its own, named like the cluster, if the file states none. */
export const networkOf = ({ name, network = name }: FileCluster): string => network;
