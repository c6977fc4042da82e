import { describe, expect, it } from 'vitest';
import { countRoutes, sentBetween, worseP } from '../../../src/drills/weights/counts.ts';
import { routesThroughout } from '../../../src/drills/weights/routes.ts';
import { type RequestRecord, readLine } from '../../../src/load/index.ts';

function sent(second: number, route: string, status = 200): RequestRecord {
  const body = 'Hello version: v1, instance: pod';
  const times = { scheduled: second * 1e6, started: second * 1e6, latency: 1000 };
  return readLine(
    JSON.stringify({ target: 'kept', ...times, status, route: route && `3:${route}`, body }),
    'east',
  ) as RequestRecord;
}

const caller = {
  from: 'east',
  records: [sent(1, 'v1'), sent(3, 'v1'), sent(4, 'v2', 500), sent(5, 'v2'), sent(6, ''), sent(9, 'v2')],
  marks: [
    { mark: 'half', at: 2e6 },
    { mark: 'end', at: 8e6 },
  ],
};

describe('requests by route', () => {
  it('are those of the stretch between two marks', () => {
    const counts = countRoutes(sentBetween([caller], ['half', 'end']));
    expect(Object.fromEntries(counts)).toEqual({
      v1: { sent: 1, lost: 0 },
      v2: { sent: 2, lost: 1 },
      '': { sent: 1, lost: 0 },
    });
  });

  it('go on to the end where no mark ends them, and are none where none begins them', () => {
    expect(sentBetween([caller], ['end', 'never'])).toHaveLength(1);
    expect(sentBetween([caller], ['never', 'end'])).toHaveLength(0);
  });
});

describe('worseP', () => {
  it.each([
    [{ sent: 50, lost: 0 }, { sent: 500, lost: 0 }, 1],
    [{ sent: 3, lost: 3 }, { sent: 3, lost: 0 }, 1 / 20],
    [{ sent: 2, lost: 0 }, { sent: 2, lost: 2 }, 1],
  ])('is Fisher’s one-sided test: %o against %o', (canary, base, p) => {
    expect(worseP(canary, base)).toBeCloseTo(p, 10);
  });

  it('takes a canary that answers nothing but errors for worse', () => {
    expect(worseP({ sent: 20, lost: 20 }, { sent: 180, lost: 0 })).toBeLessThan(1e-20);
  });
});

describe('weights that a proxy has taken over', () => {
  const now = { turn: '3', rate: 4 };
  const old = { ...sent(1, 'v1'), route: '2:v1' };
  const fresh = [2, 3, 4, 5].map((second) => sent(second, 'v2'));

  it('are those of all its last answers, as each of its workers takes them over for itself', () => {
    expect(routesThroughout([old, ...fresh], now)).toBe(true);
    expect(routesThroughout([...fresh, old], now)).toBe(false);
    expect(routesThroughout([...fresh, old, ...fresh.slice(1)], now)).toBe(false);
  });

  it('are not known from fewer answers than of a second, and requests without an answer say nothing', () => {
    expect(routesThroughout(fresh.slice(1), now)).toBe(false);
    expect(routesThroughout([old, ...fresh, sent(6, '')], now)).toBe(true);
    expect(routesThroughout(fresh.slice(1), { turn: '3', rate: 1 })).toBe(true);
  });
});
