import { describe, expect, it } from 'vitest';
import type { ProxyEndpoint } from '../../../src/istio/index.ts';
import { RequestCounters } from '../../../src/mesh/view/request-counters.ts';

const endpoint = (requests: number | undefined, address = '10.0.0.1', cluster = 'a'): ProxyEndpoint => ({
  cluster,
  address,
  port: 80,
  weight: 1,
  priority: 0,
  healthy: true,
  flags: [],
  locality: '',
  stats: requests === undefined ? {} : { rq_total: requests },
});

/** Looks at one endpoint's counter at these seconds; what the last of them says of the last minute. */
function recentAfter(looks: readonly (readonly [seconds: number, requests: number])[]): number | undefined {
  const counters = new RequestCounters();
  let recent: number | undefined;
  for (const [seconds, requests] of looks) {
    const one = endpoint(requests);
    recent = counters.take([one], seconds * 1000)(one);
  }
  return recent;
}

describe('requests of the last minute', () => {
  it('are not known from one look', () => {
    expect(recentAfter([[0, 100]])).toBeUndefined();
  });

  it('are what was counted since the first look, while that is less than a minute ago', () => {
    expect(
      recentAfter([
        [0, 100],
        [2, 110],
      ]),
    ).toBe(10);
    expect(
      recentAfter([
        [0, 100],
        [2, 110],
        [40, 150],
      ]),
    ).toBe(50);
  });

  it('are counted from the look that was a whole minute ago, and from none before it', () => {
    expect(
      recentAfter([
        [0, 100],
        [30, 200],
        [90, 260],
      ]),
    ).toBe(60);
    expect(
      recentAfter([
        [0, 100],
        [30, 200],
        [89, 260],
      ]),
    ).toBe(160);
    expect(
      recentAfter([
        [0, 0],
        [20, 5],
        [40, 7],
        [60, 8],
        [100, 20],
      ]),
    ).toBe(13);
  });

  it('are all that a proxy counted that began anew', () => {
    expect(
      recentAfter([
        [0, 100],
        [2, 4],
      ]),
    ).toBe(4);
  });

  it('are all of them at an endpoint that was not there before, and none where none was counted', () => {
    const counters = new RequestCounters();
    counters.take([endpoint(100)], 0);
    const fresh = endpoint(3, '10.0.0.2');
    const other = endpoint(7, '10.0.0.1', 'b');
    const silent = endpoint(undefined, '10.0.0.3');
    const recentOf = counters.take([fresh, other, silent], 2000);
    expect([fresh, other, silent].map(recentOf)).toEqual([3, 7, 0]);
  });
});
