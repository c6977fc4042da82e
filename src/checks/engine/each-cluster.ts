import pLimit from 'p-limit';
import type { MeshCluster } from '../../provider/index.ts';

/** Looks at a time, and clusters at a time that one look reads: each is a few requests, and meshes may be large. */
export const concurrency = 16;

/**
 * Read every cluster for one look; so many at a time that an answer comes within its own time limit, which begins
 * when it is asked for and not when this machine has room for it. Throws the first error.
 */
export function eachCluster<T>(
  clusters: readonly MeshCluster[],
  read: (cluster: MeshCluster) => Promise<T>,
): Promise<T[]> {
  const limit = pLimit(concurrency);
  return Promise.all(clusters.map((cluster) => limit(() => read(cluster))));
}
