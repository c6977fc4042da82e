import { expect, it } from 'vitest';
import { begin, judgeLong } from '../../../src/drills/weights/long-verdict.ts';
import { type RequestRecord, readLine } from '../../../src/load/index.ts';
import { contextOf, marked } from './drill-context.ts';

interface Beats {
  /** Cluster whose pod holds the connections. */
  readonly by: string;
  /** From which second on another connection has taken their place. */
  readonly cutAt?: number;
  readonly seconds?: number;
}

/** Ten beats a second on each connection of a caller. */
function beats(from: string, { by, cutAt = Number.POSITIVE_INFINITY, seconds = 5 }: Beats): RequestRecord[] {
  return Array.from({ length: seconds * 10 }, (_, at) => at / 10).flatMap((second) =>
    ['grpc', 'tcp-1', 'tcp-2', 'tcp-3'].map((target) => {
      const over = target !== 'grpc' && second >= cutAt ? 2 : 1;
      const [scheduled, connection] = [second * 1e6, target.slice(0, 4).replace('-', '')];
      const answer = { status: 200, body: `instance: ${by}-a` };
      const line = { target, connection, over, scheduled, started: scheduled, latency: 1000, ...answer };
      return readLine(JSON.stringify(line), from) as RequestRecord;
    }),
  );
}

function judged(records: readonly RequestRecord[]) {
  const context = contextOf([]);
  const callers = [{ from: 'eks-2', marks: marked([begin, 0]), records }];
  judgeLong(context, { callers, from: 'eks-1', beatsASecond: 10 });
  return { ...context.concluded, doubts: context.doubts };
}

it('holds long connections to what they were promised', () => {
  expect(judged(beats('eks-2', { by: 'eks-1' }))).toMatchObject({
    grpc: { state: 'held', measured: '0 of 50 lost, 0 of 1 connections cut, longest silence 100 ms' },
    tcp: { state: 'held', measured: '0 of 150 lost, 0 of 3 connections cut, longest silence 100 ms' },
    doubts: [],
  });
});

it('refutes by a raw connection that was cut, also where no beat was lost', () => {
  expect(judged(beats('eks-2', { by: 'eks-1', cutAt: 2 }))).toMatchObject({
    grpc: { state: 'held' },
    tcp: { state: 'refuted', measured: '0 of 150 lost, 3 of 3 connections cut, longest silence 100 ms' },
  });
});

it('says nothing of raw connections that were with nobody who moved', () => {
  expect(judged(beats('eks-2', { by: 'eks-2' }))).toMatchObject({ tcp: { state: 'unproven' } });
});

it('is unproven where too little was asked, and doubts it', () => {
  const said = judged(beats('eks-2', { by: 'eks-1', seconds: 1 }));
  expect(said).toMatchObject({ grpc: { state: 'unproven' } });
  expect(said.doubts[0]).toContain('long connections: eks-2: only 40 requests were sent');
});
