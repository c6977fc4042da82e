import { setTimeout as delay } from 'node:timers/promises';
import type { CheckResult } from '../../src/report/index.ts';
import type { Bed } from '../e2e/bed.ts';
import { doctor, isComplaint, linesOf } from '../faults/diagnosis.ts';
import { disturbances } from './disturbances.ts';
import { type Lost, startLoad } from './load.ts';

export interface Happening {
  readonly from: number;
  to: number;
  readonly what: string;
}

/** Something that doctor complained of, and what the load saw in the time of that run. */
export interface Alarm {
  readonly at: number;
  readonly check: string;
  readonly lines: readonly string[];
  readonly during: readonly string[];
  readonly lost: readonly Lost[];
}

export interface Soak {
  readonly started: number;
  readonly minutes: number;
  readonly runs: number;
  readonly secondsPerRun: number;
  readonly sent: number;
  readonly lost: readonly Lost[];
  readonly happenings: readonly Happening[];
  readonly alarms: readonly Alarm[];
}

/** Disturb a healthy mesh under load for some minutes and ask doctor again and again. */
export async function soak(bed: Bed, clusters: readonly string[], minutes: number): Promise<Soak> {
  const started = Date.now();
  const end = started + minutes * 60_000;
  const load = await startLoad(bed, clusters);
  const happenings: Happening[] = [];
  const alarms: Alarm[] = [];
  const durations: number[] = [];
  const troubled = disturb({ bed, clusters, end, happenings });
  try {
    while (Date.now() < end) {
      const from = Date.now();
      const { results } = await doctor(bed, ['--all']);
      durations.push((Date.now() - from) / 1000);
      const found = results.filter(isComplaint);
      alarms.push(...found.map((one) => alarmOf(one, { from, happenings, lost: load.lost })));
    }
    await troubled;
  } finally {
    await load.stop();
  }
  const secondsPerRun = durations.reduce((sum, one) => sum + one, 0) / durations.length;
  return {
    started,
    minutes,
    runs: durations.length,
    secondsPerRun,
    sent: load.sent(),
    lost: load.lost,
    happenings,
    alarms,
  };
}

interface Trouble {
  readonly bed: Bed;
  readonly clusters: readonly string[];
  readonly end: number;
  readonly happenings: Happening[];
}

/** One disturbance after the other, in one cluster after the other, until the time is over and all is undone. */
async function disturb({ bed, clusters, end, happenings }: Trouble): Promise<void> {
  for (let round = 0; Date.now() < end; round += 1) {
    const cluster = clusters[round % clusters.length] ?? '';
    for (const { title, cause } of disturbances) {
      const happening = { from: Date.now(), to: Number.POSITIVE_INFINITY, what: `${cluster}: ${title}` };
      happenings.push(happening);
      await cause(bed, cluster);
      happening.to = Date.now();
      await delay(5_000);
    }
  }
}

/** What happened within this many milliseconds before a run may still be felt. */
const echoMs = 10_000;

function alarmOf(
  result: CheckResult,
  seen: { from: number; happenings: readonly Happening[]; lost: readonly Lost[] },
): Alarm {
  const { from, happenings, lost } = seen;
  return {
    at: from,
    check: `${result.id}${result.subject ? ` (${result.subject})` : ''}`,
    lines: linesOf([result]),
    during: happenings.filter(({ to }) => to > from - echoMs).map(({ what }) => what),
    lost: lost.filter(({ at }) => at > from - 2_000),
  };
}

/**
 * Failed requests are what doctor itself saw, and what speaks of the way of requests is true if the
 * load lost some at that time; anything else was raised for nothing.
 */
export const isTrue = ({ check, lines, lost }: Alarm): boolean =>
  lines.every((line) => /requests failed/.test(line)) ||
  (lost.length > 0 && /^(traffic|reach|lb|sync)/.test(check));
