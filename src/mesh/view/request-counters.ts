import type { ProxyEndpoint } from '../../istio/index.ts';
import { hostPort } from '../../topology/index.ts';

const windowMs = 60_000;

const endpointKey = (endpoint: ProxyEndpoint): string => `${endpoint.cluster} ${hostPort(endpoint)}`;
const countOf = ({ stats }: ProxyEndpoint): number => stats['rq_total'] ?? 0;

/**
 * One proxy's counters of requests, looked at again and again: how many of them are of the last minute.
 * Envoy counts from its start, so what it counted before is subtracted.
 */
export class RequestCounters {
  readonly #looks: { readonly at: number; readonly counts: ReadonlyMap<string, number> }[] = [];

  /** Take a look's counters; returns who tells an endpoint's part of the last minute. */
  take(endpoints: readonly ProxyEndpoint[], now = Date.now()): (one: ProxyEndpoint) => number | undefined {
    // The one before the window is kept, so that a look is compared with what was a whole minute ago.
    while ((this.#looks[1]?.at ?? now) <= now - windowMs) this.#looks.shift();
    const before = this.#looks[0]?.counts;
    this.#looks.push({ at: now, counts: new Map(endpoints.map((one) => [endpointKey(one), countOf(one)])) });
    return (one) => {
      if (!before) return undefined;
      const counted = countOf(one) - (before.get(endpointKey(one)) ?? 0);
      // A proxy that started anew counts from its beginning.
      return counted >= 0 ? counted : countOf(one);
    };
  }
}
