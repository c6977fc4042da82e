import { IsthmusError, nearest } from '../../errors/index.ts';
import type { ClusterSpec, Topology } from '../../topology/index.ts';

/** Clusters of the file by name, each once and in the order given; all of them when none is named. */
export function namedClusters(
  topology: Topology,
  names: readonly string[],
): readonly [ClusterSpec, ...ClusterSpec[]] {
  const all = topology.clusters;
  refuseUnknownClusters(
    names,
    all.map(({ name }) => name),
  );
  const [first, ...rest] = [...new Set(names)].flatMap((name) => all.filter((one) => one.name === name));
  if (first) return [first, ...rest];
  const [head, ...others] = all;
  if (!head) throw new IsthmusError('BUG', 'a mesh without clusters');
  return [head, ...others];
}

/** Throws FLAGS_INVALID if a name is not among those known, with the one that was probably meant. */
export function refuseUnknownClusters(names: readonly string[], known: readonly string[]): void {
  const unknown = [...new Set(names)].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const near = unknown.length === 1 ? nearest(unknown.join(), known) : undefined;
  throw new IsthmusError('FLAGS_INVALID', `no cluster named ${unknown.join(', ')} in this mesh`, {
    hint: near ? `did you mean ${near}?` : 'run `isthmus status` to see the names of the clusters',
  });
}
