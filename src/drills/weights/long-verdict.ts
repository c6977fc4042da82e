import { type CallerRecords, isLost, longConnections, type RequestRecord } from '../../load/index.ts';
import type { DrillContext } from '../drill.ts';
import { doubtsOf } from '../frame/answers.ts';
import { sentBetween } from './counts.ts';

/**
 * The long connections of each caller. Envoy chooses a pod for a raw one as it is made and for ever, so
 * there are several, and some are with the pods that requests are led away from.
 */
export const longNames = { grpc: ['grpc'], tcp: ['tcp-1', 'tcp-2', 'tcp-3'] } as const;
/** The mark from which beats count. */
export const begin = 'begin';
/** Beats without which nothing is said. */
const fewest = 30;

/** What is promised to long connections to a service's pods. */
export const longPromises = [
  {
    id: 'grpc',
    title: 'no call over a long gRPC connection is lost',
    expected: '0 lost, no connection cut',
  },
  { id: 'tcp', title: 'no raw TCP connection is cut', expected: '0 beats lost, no connection cut' },
];

export interface LongLooks {
  readonly callers: readonly CallerRecords[];
  /** Cluster whose pods are to keep the connections that they have. */
  readonly from: string;
  /** On each connection. */
  readonly beatsASecond: number;
}

type Long = ReturnType<typeof longConnections>[number];

/** Say what became of the promises to long connections. */
export function judgeLong(context: DrillContext, { callers, from, beatsASecond }: LongLooks): void {
  const wanted = beatsASecond * Object.values(longNames).flat().length;
  for (const doubt of doubtsOf(callers, wanted)) context.doubt(`long connections: ${doubt}`);
  const records = sentBetween(callers, [begin, 'never']);
  const answerers = (one: Long) => answerersOf(context, records, one);
  const all = longConnections(records);
  context.table({
    title: 'Long connections',
    heads: ['From', 'Connection', 'Sent', 'Lost', 'Cut', 'Longest silence', 'Answered by'],
    rows: all.map((one) => [
      one.from,
      one.target,
      String(one.sent),
      String(one.lost),
      String(one.breaks),
      `${one.longestGapMs.toFixed(0)} ms`,
      answerers(one).join(', '),
    ]),
  });
  const [grpc, tcp] = [all.filter(isGrpc), all.filter((one) => !isGrpc(one))];
  context.conclude('grpc', verdictOf(grpc));
  const touched = tcp.some((one) => answerers(one).includes(from));
  const { measured, state } = verdictOf(tcp);
  if (touched) context.conclude('tcp', { measured, state });
  else context.conclude('tcp', { measured: `${measured}; none was with ${from}`, state: 'unproven' });
}

const isGrpc = ({ target }: Long): boolean => target === longNames.grpc[0];

function answerersOf(context: DrillContext, records: readonly RequestRecord[], one: Long): string[] {
  const own = records.filter(({ from, target }) => from === one.from && target === one.target);
  const answered = own.filter((record) => !isLost(record));
  return [...new Set(answered.map((record) => context.answers.clusterOf(record) ?? 'unknown'))].sort();
}

function verdictOf(long: readonly Long[]): { measured: string; state: 'held' | 'refuted' | 'unproven' } {
  const sum = (of: (one: Long) => number) => long.reduce((total, one) => total + of(one), 0);
  const [sent, lost, cut] = [sum((one) => one.sent), sum((one) => one.lost), sum((one) => one.breaks)];
  const silence = Math.max(0, ...long.map(({ longestGapMs }) => longestGapMs)).toFixed(0);
  return {
    measured: `${lost} of ${sent} lost, ${cut} of ${long.length} connections cut, longest silence ${silence} ms`,
    state: sent < fewest ? 'unproven' : lost + cut === 0 ? 'held' : 'refuted',
  };
}
