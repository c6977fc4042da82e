import { describe, expect, it } from 'vitest';
import { figuresOf, isLost, percentile, type RequestRecord, readLine } from '../../../src/load/index.ts';

const line = (more: object) =>
  JSON.stringify({
    target: 'kept',
    connection: 'kept',
    seq: 0,
    scheduled: 0,
    started: 0,
    latency: 1000,
    status: 200,
    ...more,
  });
const hello = (pod: string) => `Hello version: v1, instance: ${pod}\n`;

function record(more: object): RequestRecord {
  const read = readLine(line(more), 'a');
  if ('mark' in read) throw new Error('a request was expected');
  return read;
}

describe('readLine', () => {
  it('tells marks from requests, and who answered', () => {
    expect(readLine(line({ mark: 'one', started: 7 }), 'a')).toEqual({ mark: 'one', at: 7 });
    const read = record({ connection: 'fresh', body: hello('pod-b') });
    expect(read).toMatchObject({ connection: 'fresh', from: 'a', instance: 'pod-b', status: 200, error: '' });
    expect(isLost(read)).toBe(false);
  });

  it.each([
    ['no answer', { status: 0, error: 'EOF' }],
    ['an answer of the proxy', { status: 503, body: 'no healthy upstream' }],
    ['an answer of somebody else', { status: 200, body: 'hi' }],
  ])('counts %s as lost', (_, more) => {
    expect(isLost(record(more))).toBe(true);
  });
});

describe('figuresOf', () => {
  const records = [
    record({ scheduled: 1, body: hello('pod-a'), latency: 3000 }),
    record({ scheduled: 10, started: 5010, body: hello('pod-b'), connection: 'fresh' }),
    record({ scheduled: 20, status: 503, connection: 'fresh' }),
    record({ scheduled: 21, status: 0, error: 'connection\n reset' }),
  ];
  const marks = [
    { mark: 'one', at: 5 },
    { mark: 'two', at: 20 },
  ];
  const clusterOf = (pod: string) => ({ 'pod-a': 'a', 'pod-b': 'b' })[pod];
  const report = figuresOf([{ from: 'a', records, marks }], { rate: 50, seconds: 2, clusterOf });

  it('adds up by ordered pair, and waits from when a request was due', () => {
    expect(report).toMatchObject({ rate: 50, seconds: 2, sent: 4, lost: 2 });
    expect(report.pairs).toEqual([
      { from: 'a', to: 'a', kept: 1, fresh: 0, p50Ms: 3, p99Ms: 3 },
      { from: 'a', to: 'b', kept: 0, fresh: 1, p50Ms: 6, p99Ms: 6 },
    ]);
  });

  it('puts each request into the stretch in which it was due', () => {
    expect(report.periods.map(({ name, sent, lost }) => [name, sent, lost])).toEqual([
      ['warm-up', 1, 0],
      ['one', 1, 0],
      ['two', 2, 2],
    ]);
  });

  it('names what was lost', () => {
    expect(report.losses).toEqual([
      { from: 'a', connection: 'fresh', period: 'two', reason: 'status 503', count: 1 },
      { from: 'a', connection: 'kept', period: 'two', reason: 'connection reset', count: 1 },
    ]);
  });
});

describe('percentile', () => {
  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile([], 0.5)]).toEqual([50, 99, 0]);
  });
});
