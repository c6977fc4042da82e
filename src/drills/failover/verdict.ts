import type { Hypothesis } from '../../report/index.ts';
import type { DrillContext } from '../drill.ts';
import { type Case, returnSecondsOf } from './case.ts';
import type { FailureKind } from './kinds.ts';
import { type FailoverTimes, failoverTimes, lostBetween, marks } from './times.ts';

/** Say what became of the promises of a failure that callers are to survive. */
export function conclude(context: DrillContext, { kind, home }: Case): void {
  doubtBaseline(context);
  const victim = home.cluster.spec.name;
  const clusterOf = context.answers.clusterOf.bind(context.answers);
  const all = context.answers.callers.map((caller) => ({
    from: caller.from,
    times: failoverTimes(caller, { victim, clusterOf }),
  }));
  const isHit = ({ from }: { from: string }) => (from === victim) === (kind.hits === 'own');
  for (const one of all.filter(isHit)) figures(context, one);
  const hit = all.filter(isHit).map(({ times }) => times);
  const others = all.filter((one) => !isHit(one)).map(({ times }) => times);
  judge(context, { kind, hit, others });
}

/** Whatever is lost before the act is no fruit of it. */
export function doubtBaseline(context: DrillContext): void {
  for (const caller of context.answers.callers) {
    const lost = lostBetween(caller, [marks.baseline, marks.act]);
    if (lost > 0) context.doubt(`${caller.from}: ${lost} requests were lost before anything was done`);
  }
}

function figures(context: DrillContext, { from, times }: { from: string; times: FailoverTimes }): void {
  const rows: readonly [string, string][] = [
    ['first answer from elsewhere after', secondsText(times.firstFromElsewhere)],
    ['no more errors after', secondsText(times.noMoreErrors)],
    ['answered again by the cluster after', secondsText(times.return)],
    ['requests sent', String(times.sent)],
    ['requests lost', String(times.lost + times.lostOnReturn)],
  ];
  for (const [title, value] of rows) context.figure({ title: `${from}: ${title}`, value });
}

interface Judged {
  readonly kind: FailureKind;
  readonly hit: readonly FailoverTimes[];
  readonly others: readonly FailoverTimes[];
}

function judge(context: DrillContext, { kind, hit, others }: Judged): void {
  const worst = (of: (times: FailoverTimes) => number | undefined) =>
    hit.some((one) => of(one) === undefined) ? undefined : Math.max(...hit.map((one) => of(one) ?? 0));
  const there = sum(hit, (one) => one.stillFromThere);
  const elsewhere = sum(hit, (one) => one.fromElsewhere);
  context.conclude('elsewhere', {
    measured: `${elsewhere} answers from elsewhere, ${there} of the cluster that failed`,
    state: held(elsewhere > 0 && there === 0),
  });
  const time = worst((one) => one.noMoreErrors) ?? Number.POSITIVE_INFINITY;
  context.conclude('time', { measured: secondsText(time), state: held(time <= kind.withinSeconds) });
  const lost = sum(hit, (one) => one.lost);
  const sent = sum(hit, (one) => one.sent);
  context.conclude('lost', { measured: `${lost} of ${sent} lost`, state: held(lost === 0) });
  // Nobody can ask from a cluster that is stopped.
  if (!kind.outage) concludeOthers(context, others);
  const back = worst((one) => one.return);
  const lostOnReturn = sum(hit, (one) => one.lostOnReturn);
  context.conclude('return', {
    measured: `${secondsText(back)}, ${lostOnReturn} lost`,
    state: held(back !== undefined && back <= returnSecondsOf(kind) && lostOnReturn === 0),
  });
}

const sum = (all: readonly FailoverTimes[], of: (times: FailoverTimes) => number): number =>
  all.reduce((total, one) => total + of(one), 0);

function concludeOthers(context: DrillContext, others: readonly FailoverTimes[]): void {
  const lostElsewhere = sum(others, (one) => one.lost + one.lostOnReturn);
  context.conclude('others', {
    measured: `${lostElsewhere} of ${sum(others, ({ sent: n }) => n)} lost`,
    state: held(lostElsewhere === 0),
  });
}

export const held = (good: boolean): Hypothesis['state'] => (good ? 'held' : 'refuted');

export const secondsText = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? 'never' : `${value.toFixed(2)} s`;
