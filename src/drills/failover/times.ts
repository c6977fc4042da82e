import { type CallerRecords, isLost, type RequestRecord } from '../../load/index.ts';

/** Marks that a failover puts among the requests. */
export const marks = { baseline: 'baseline', act: 'act', gone: 'gone', undo: 'undo', end: 'end' } as const;

export interface FailoverTimes {
  /** Requests that were due between the act and the end of the drill. */
  readonly sent: number;
  readonly lost: number;
  /** Seconds from the act until the last lost request was over; 0 without any. */
  readonly noMoreErrors: number;
  /** Seconds from the act to the first answer from elsewhere; undefined if none came before the undoing. */
  readonly firstFromElsewhere: number | undefined;
  /** Answers of the cluster that failed, in the second half of what was looked at, once its pods had ended. */
  readonly stillFromThere: number;
  readonly fromElsewhere: number;
  /** Seconds from the undoing to the first answer of the cluster that had failed. */
  readonly return: number | undefined;
  /** Requests lost from the undoing on. */
  readonly lostOnReturn: number;
}

export interface TimesOptions {
  readonly victim: string;
  readonly clusterOf: (record: RequestRecord) => string | undefined;
}

/**
 * What one caller saw of a failure, by the clock of its own probe: no clock of another machine is
 * compared with it. Resolution is the time between two requests.
 */
export function failoverTimes(caller: CallerRecords, { victim, clusterOf }: TimesOptions): FailoverTimes {
  const act = momentOf(caller, marks.act);
  const undo = momentOf(caller, marks.undo);
  const end = momentOf(caller, marks.end);
  const during = between(caller, act, undo);
  const after = between(caller, undo, end);
  const gone = caller.marks.find(({ mark }) => mark === marks.gone)?.at ?? act;
  const secondHalf = between(caller, gone + (undo - gone) / 2, undo);
  const lost = during.filter((one) => clusterOf(one) === undefined);
  const elsewhere = (record: RequestRecord) => ![undefined, victim].includes(clusterOf(record));
  const answered = (records: readonly RequestRecord[], wanted: (record: RequestRecord) => boolean) =>
    earliest(records.filter(wanted).map(endOf));
  const first = answered(during, elsewhere);
  const back = answered(after, (record) => clusterOf(record) === victim);
  return {
    sent: during.length + after.length,
    lost: lost.length,
    noMoreErrors: lost.length === 0 ? 0 : (Math.max(...lost.map(endOf)) - act) / 1e6,
    firstFromElsewhere: first === undefined ? undefined : (first - act) / 1e6,
    stillFromThere: secondHalf.filter((record) => clusterOf(record) === victim).length,
    fromElsewhere: secondHalf.filter(elsewhere).length,
    return: back === undefined ? undefined : (back - undo) / 1e6,
    lostOnReturn: after.filter((one) => clusterOf(one) === undefined).length,
  };
}

/** Requests of a caller that were due between two marks and got no answer. */
export const lostBetween = (caller: CallerRecords, [from, to]: readonly [string, string]): number =>
  between(caller, momentOf(caller, from), momentOf(caller, to)).filter(isLost).length;

const endOf = ({ started, latency }: RequestRecord): number => started + latency;

const earliest = (moments: readonly number[]): number | undefined =>
  moments.length === 0 ? undefined : Math.min(...moments);

const momentOf = ({ marks: all }: CallerRecords, name: string): number =>
  all.find(({ mark }) => mark === name)?.at ?? Number.POSITIVE_INFINITY;

const between = ({ records }: CallerRecords, from: number, to: number): RequestRecord[] =>
  records.filter(({ scheduled }) => scheduled >= from && scheduled < to);
