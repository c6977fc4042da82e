import { type CallerRecords, isLost, type RequestRecord } from '../../load/index.ts';
import { routeOf } from './routes.ts';

/** Requests of a stretch, by the subset to which they were sent. */
export interface RouteCounts {
  readonly sent: number;
  readonly lost: number;
}

/** Requests that all callers sent between two of their marks; the end of what there is when `to` is not among them. */
export function sentBetween(
  callers: readonly CallerRecords[],
  [from, to]: readonly [string, string],
): RequestRecord[] {
  return callers.flatMap(({ records, marks }) => {
    const begin = marks.find(({ mark }) => mark === from)?.at ?? Number.POSITIVE_INFINITY;
    const end = marks.find(({ mark }) => mark === to)?.at ?? Number.POSITIVE_INFINITY;
    return records.filter(({ scheduled }) => scheduled >= begin && scheduled < end);
  });
}

/** By subset; a lost request that nobody can say the route of counts for the empty name. */
export function countRoutes(records: readonly RequestRecord[]): Map<string, RouteCounts> {
  const counts = new Map<string, RouteCounts>();
  for (const record of records) {
    const { subset } = routeOf(record);
    const { sent, lost } = counts.get(subset) ?? { sent: 0, lost: 0 };
    counts.set(subset, { sent: sent + 1, lost: lost + (isLost(record) ? 1 : 0) });
  }
  return counts;
}

export const noRequests: RouteCounts = { sent: 0, lost: 0 };

/**
 * Fisher's exact test, one-sided: how likely is it that the canary has at least as many of all lost
 * requests as it has, if both sides lose alike? Small means that the canary is worse.
 */
export function worseP(canary: RouteCounts, base: RouteCounts): number {
  const sent = canary.sent + base.sent;
  const lost = canary.lost + base.lost;
  const all = logChoose(sent, lost);
  let p = 0;
  for (let count = canary.lost; count <= Math.min(lost, canary.sent); count += 1) {
    if (lost - count > base.sent) continue;
    p += Math.exp(logChoose(canary.sent, count) + logChoose(base.sent, lost - count) - all);
  }
  return Math.min(1, p);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let step = 1; step <= Math.min(k, n - k); step += 1) sum += Math.log((n - step + 1) / step);
  return sum;
}
