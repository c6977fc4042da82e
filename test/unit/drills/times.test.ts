import { describe, expect, it } from 'vitest';
import { failoverTimes, lostBetween, marks } from '../../../src/drills/failover/times.ts';
import { timelineOf } from '../../../src/drills/frame/timeline.ts';
import { type RequestRecord, readLine } from '../../../src/load/index.ts';

/** A request that was due at a second; by nobody without a pod. */
function at(second: number, pod?: string): RequestRecord {
  const scheduled = second * 1e6;
  const answer = pod ? { status: 200, body: `Hello version: v1, instance: ${pod}` } : { status: 503 };
  const line = { target: 'kept', scheduled, started: scheduled, latency: 100_000, ...answer };
  return readLine(JSON.stringify(line), 'east') as RequestRecord;
}

const owners: Record<string, string> = { e: 'east', w: 'west' };
const clusterOf = ({ status, instance }: RequestRecord) => (status === 200 ? owners[instance] : undefined);
const records = [
  at(1, 'e'),
  at(10, 'e'),
  at(11),
  at(12, 'w'),
  at(16, 'w'),
  at(18, 'w'),
  at(20, 'w'),
  at(21, 'e'),
  at(22),
];
const caller = {
  from: 'east',
  records,
  marks: [
    { mark: marks.baseline, at: 0 },
    { mark: marks.act, at: 10e6 },
    { mark: marks.undo, at: 20e6 },
    { mark: marks.end, at: 30e6 },
  ],
};

describe('failoverTimes', () => {
  it('counts from the act on the caller’s own clock', () => {
    expect(failoverTimes(caller, { victim: 'east', clusterOf })).toEqual({
      sent: 8,
      lost: 1,
      noMoreErrors: 1.1,
      firstFromElsewhere: 2.1,
      stillFromThere: 0,
      fromElsewhere: 2,
      return: 1.1,
      lostOnReturn: 1,
    });
  });

  it('says the same whatever the caller’s clock shows', () => {
    const ahead = 86_400e6;
    const moved = {
      ...caller,
      records: records.map((one) => ({
        ...one,
        scheduled: one.scheduled + ahead,
        started: one.started + ahead,
      })),
      marks: caller.marks.map(({ mark, at: moment }) => ({ mark, at: moment + ahead })),
    };
    const options = { victim: 'east', clusterOf };
    expect(failoverTimes(moved, options)).toEqual(failoverTimes(caller, options));
  });

  it('leaves out what pods that end answer until they are gone', () => {
    const late = { ...caller, records: [...records, at(16.5, 'e')] };
    const gone = { ...late, marks: [...caller.marks, { mark: marks.gone, at: 14e6 }] };
    expect(failoverTimes(late, { victim: 'east', clusterOf }).stillFromThere).toBe(1);
    expect(failoverTimes(gone, { victim: 'east', clusterOf }).stillFromThere).toBe(0);
  });

  it('says never where nobody else answered', () => {
    const deaf = { ...caller, records: [at(11), at(12)] };
    expect(failoverTimes(deaf, { victim: 'east', clusterOf })).toMatchObject({
      firstFromElsewhere: undefined,
      fromElsewhere: 0,
      lost: 2,
      return: undefined,
    });
  });

  it('keeps apart what was lost before the act', () => {
    expect(lostBetween(caller, [marks.baseline, marks.act])).toBe(0);
    expect(lostBetween({ ...caller, records: [at(2)] }, [marks.baseline, marks.act])).toBe(1);
  });
});

describe('timelineOf', () => {
  it('puts every request into the slice in which it was due', () => {
    const timeline = timelineOf(caller, clusterOf);
    const sum = (of: (slice: (typeof timeline.slices)[number]) => number) =>
      timeline.slices.reduce((total, slice) => total + of(slice), 0);
    expect(timeline.slice).toBe(0.25);
    expect(sum(({ lost }) => lost)).toBe(2);
    expect(sum(({ answers }) => answers['west'] ?? 0)).toBe(4);
    expect(timeline.slices.find((slice) => slice.at === 12)?.answers).toEqual({ west: 1 });
    expect(timeline.marks[1]).toEqual({ title: 'act', at: 10 });
  });
});
