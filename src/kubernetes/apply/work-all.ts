import pLimit from 'p-limit';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';

/** More requests at once only queue in the API server. */
const concurrency = 12;

/**
 * Work on every item, a dozen at a time, and wait for all. Several failures become one error that
 * names each; an interruption goes before all others.
 */
export async function workAll<T, R>(
  cluster: string,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit(concurrency);
  const settled = await Promise.allSettled(items.map((item) => limit(() => work(item))));
  const errors = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0) throw combined(cluster, errors);
  return settled.map((result) => (result as PromiseFulfilledResult<R>).value);
}

function combined(cluster: string, errors: readonly unknown[]): unknown {
  const known = errors.filter(isIsthmusError);
  const decisive =
    known.find(({ code }) => code === 'INTERRUPTED') ??
    known.find(({ code }) => code === 'CLUSTER_UNREACHABLE');
  if (decisive || errors.length === 1) return decisive ?? errors[0];
  return new IsthmusError(known[0]?.code ?? 'BUG', `${errors.length} objects of ${cluster} failed`, {
    hint: known[0]?.hint,
    cause: errors[0],
    problems: errors.map((error) => ({ message: messageOf(error) })),
  });
}
