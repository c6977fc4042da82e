import type { Fault } from './fault.ts';
import { clusterPath, type IndexedCluster } from './indexed-cluster.ts';

/** Clusters must differ in what identifies them. */
export function identityFaults(clusters: readonly IndexedCluster[]): Fault[] {
  return [...sameName(clusters), ...sameContext(clusters)];
}

function sameName(clusters: readonly IndexedCluster[]): Fault[] {
  return repeated(clusters, ({ spec }) => spec.name).map(({ cluster, first }) => ({
    path: clusterPath(cluster, 'name'),
    message: `the name "${cluster.spec.name}" is taken by clusters[${first.index}]`,
    hint: 'give every cluster a name of its own',
  }));
}

function sameContext(clusters: readonly IndexedCluster[]): Fault[] {
  const identityKey = ({ spec }: IndexedCluster) =>
    spec.provider === 'existing' ? `${spec.kubeconfig ?? ''}\0${spec.context}` : undefined;
  return repeated(clusters, identityKey).map(({ cluster, first }) => ({
    path: clusterPath(cluster, 'context'),
    message: `the context ${JSON.stringify(contextOf(cluster))} is used by "${first.spec.name}" already`,
    hint: 'two entries must be two clusters; correct one context or remove one entry',
  }));
}

const contextOf = ({ spec }: IndexedCluster) => (spec.provider === 'existing' ? spec.context : '');

function repeated(
  clusters: readonly IndexedCluster[],
  keyOf: (cluster: IndexedCluster) => string | undefined,
) {
  const seen = new Map<string, IndexedCluster>();
  const again: { cluster: IndexedCluster; first: IndexedCluster }[] = [];
  for (const cluster of clusters) {
    const key = keyOf(cluster);
    const first = key === undefined ? undefined : seen.get(key);
    if (first) again.push({ cluster, first });
    else if (key !== undefined) seen.set(key, cluster);
  }
  return again;
}
