import type { MeshCluster } from '../../provider/index.ts';
import type { Check, ClusterPair } from './check.ts';
import type { CheckContext } from './check-context.ts';

/** One thing that one check looks at. */
export interface CheckRun {
  readonly check: Check;
  readonly subject: undefined | MeshCluster | ClusterPair;
  /** As it is shown; undefined for the whole mesh. */
  readonly label: string | undefined;
  /** Names of the clusters that it is about; empty means all. */
  readonly clusters: readonly string[];
}

/** Every run of a check, in the order of the file. */
export function checkRunsOf(check: Check, { clusters }: CheckContext): CheckRun[] {
  if (check.scope === 'mesh') return [{ check, subject: undefined, label: undefined, clusters: [] }];
  if (check.scope === 'cluster') return clusters.map((cluster) => clusterRun(check, cluster));
  return clusters.flatMap((from) =>
    clusters.filter((to) => to !== from).map((to) => pairRun(check, { from, to })),
  );
}

function clusterRun(check: Check, cluster: MeshCluster): CheckRun {
  const { name } = cluster.spec;
  return { check, subject: cluster, label: name, clusters: check.readsEveryCluster ? [] : [name] };
}

function pairRun(check: Check, pair: ClusterPair): CheckRun {
  const names = [pair.from.spec.name, pair.to.spec.name];
  return { check, subject: pair, label: names.join(' → '), clusters: check.readsEveryCluster ? [] : names };
}

/** Do two runs concern a cluster in common? One without names concerns all. */
export function overlap(one: CheckRun, other: CheckRun): boolean {
  if (one.clusters.length === 0 || other.clusters.length === 0) return true;
  return one.clusters.some((name) => other.clusters.includes(name));
}
