import pLimit from 'p-limit';
import { allOf } from '../../process/index.ts';

/** More requests at once only queue in the API server. */
const concurrency = 12;

/**
 * Work on every item, a dozen at a time, and wait for all. Several failures become one error that
 * names each; an interruption goes before all others, and then a cluster that does not answer any of them.
 */
export function workAll<T, R>(
  cluster: string,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit(concurrency);
  return allOf(
    items.map((item) => limit(() => work(item))),
    { things: `objects of ${cluster}`, decisive: ['INTERRUPTED', 'CLUSTER_UNREACHABLE'] },
  );
}
