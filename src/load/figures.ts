import {
  groupBy,
  type LoadReport,
  type LossFigures,
  type PairFigures,
  type PeriodFigures,
} from '../report/index.ts';
import { isLost, type Mark, type RequestRecord } from './record.ts';
import type { CallerRecords } from './requests.ts';

export interface FigureOptions {
  /** Requests a second that each ordered pair was to get. */
  readonly rate: number;
  readonly seconds: number;
  /** Cluster of a pod that answered; undefined if it is in none. */
  readonly clusterOf: (instance: string) => string | undefined;
}

/** What the records of all callers come to, by ordered pair and by the stretch between two marks. */
export function figuresOf(callers: readonly CallerRecords[], options: FigureOptions): LoadReport {
  const named = callers.flatMap((caller) =>
    caller.records.map((record) => ({ record, period: periodOf(record, caller.marks) })),
  );
  const all = named.map(({ record }) => record);
  return {
    rate: options.rate,
    seconds: options.seconds,
    sent: all.length,
    lost: all.filter(isLost).length,
    pairs: pairsOf(all, options),
    periods: periodsOf(named),
    losses: lossesOf(named),
  };
}

type Named = { readonly record: RequestRecord; readonly period: string };

/** Before the first mark a probe only warms up. */
export const warmUp = 'warm-up';

function periodOf(record: RequestRecord, marks: readonly Mark[]): string {
  return marks.findLast(({ at }) => at <= record.scheduled)?.mark ?? warmUp;
}

function pairsOf(records: readonly RequestRecord[], { clusterOf }: FigureOptions): PairFigures[] {
  const answered = records.filter((record) => !isLost(record));
  const pairs = groupBy(answered, ({ from, instance }) => `${from}\n${clusterOf(instance) ?? instance}`);
  return [...pairs]
    .map(([key, members]) => {
      const [from = '', to = ''] = key.split('\n');
      const fresh = members.filter(({ connection }) => connection === 'fresh').length;
      return { from, to, kept: members.length - fresh, fresh, ...percentiles(members) };
    })
    .sort((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to));
}

/** In the order of the marks. */
function periodsOf(named: readonly Named[]): PeriodFigures[] {
  return [...groupBy(named, ({ period }) => period)].map(([name, members]) => {
    const records = members.map(({ record }) => record);
    return { name, sent: records.length, lost: records.filter(isLost).length, ...percentiles(records) };
  });
}

function lossesOf(named: readonly Named[]): LossFigures[] {
  const lost = named.filter(({ record }) => isLost(record));
  const kinds = groupBy(lost, ({ record, period }) =>
    [record.from, record.connection, period, lossReason(record)].join('\n'),
  );
  return [...kinds].map(([key, members]) => {
    const [from = '', , period = '', reason = ''] = key.split('\n');
    const connection = members[0]?.record.connection ?? 'kept';
    return { from, connection, period, reason, count: members.length };
  });
}

/** Why a lost request is one, as its caller saw it. */
export function lossReason({ status, error, said }: RequestRecord): string {
  if (status === 0) return error.replace(/\s+/g, ' ') || 'no answer';
  if (status === 200) return 'an answer of somebody else';
  return said ? `status ${status}: ${said}` : `status ${status}`;
}

/** From when a request was due: what a caller waits, also where the probe itself came late. */
const waitedMs = ({ scheduled, started, latency }: RequestRecord): number =>
  (Math.max(0, started - scheduled) + latency) / 1000;

function percentiles(records: readonly RequestRecord[]): { p50Ms: number; p99Ms: number } {
  const sorted = records.filter((record) => !isLost(record)).map(waitedMs);
  sorted.sort((a, b) => a - b);
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}

/** By nearest rank; 0 without a value. Milliseconds with one decimal. */
export function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}
