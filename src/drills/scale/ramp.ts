import { callerPod } from '../../istio/index.ts';
import { isLost, percentile, type RequestRecord, startRequests } from '../../load/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillContext } from '../drill.ts';
import { keyHeader } from '../weights/routes.ts';

/** From whose pods to whose. */
export interface Way {
  readonly from: MeshCluster;
  readonly to: string;
}

/** What a rate must not exceed to count as carried. */
export const bounds = { lostShare: 0.001, p99Ms: 500 } as const;

/** A probe that is later than that measures itself. Milliseconds. */
const tolerableMs = 100;
const stepSeconds = 3;
/** Rates that are tried, at most. */
const mostSteps = 6;

export interface RampStep {
  /** Requests a second that were wanted. */
  readonly rate: number;
  readonly sent: number;
  readonly lost: number;
  readonly p99Ms: number;
  /** `machine`: this machine could not send them, so that nothing is said of the service. */
  readonly result: 'carried' | 'exceeded' | 'machine';
}

export interface Ramp {
  readonly way: Way;
  readonly steps: readonly RampStep[];
}

/** The last rate of a ramp that nothing ends before. */
export const highestTried = (rate: number, doublings: number): number =>
  rate * 2 ** Math.min(mostSteps - 1, doublings);

/**
 * Double the rate until a bound is exceeded or the machine that asks cannot make it, twice in a row:
 * a moment in which a machine does something else is no limit. `doublings` are tried, six at most.
 */
export async function rampOf(context: DrillContext, way: Way, doublings: number): Promise<Ramp> {
  const steps: RampStep[] = [];
  for (let at = 0; at < Math.min(mostSteps, doublings + 1); at += 1) {
    const rate = context.settings.rate * 2 ** at;
    const first = await tryRate(context, way, rate);
    const step = first.result === 'carried' ? first : await tryRate(context, way, rate);
    steps.push(step);
    if (step.result !== 'carried') break;
  }
  return { way, steps };
}

async function tryRate(context: DrillContext, { from, to }: Way, rate: number): Promise<RampStep> {
  const { target, reporter, signal } = context;
  const pod = await callerPod(from, signal);
  const headers = { [keyHeader]: to };
  const targets = [{ name: 'ramp', connection: 'kept', url: target.url, headers }] as const;
  const callers = pod ? [pod] : [];
  const seconds = stepSeconds + 60;
  const requests = await startRequests({ callers, targets, rate, seconds, reporter, signal });
  const until = Date.now() + stepSeconds * 1000;
  const wait = {
    what: `${rate} requests a second`,
    timeoutMs: 60_000,
    signal,
    delayMs: 100,
    maxDelayMs: 250,
  };
  await waitUntil(wait, async () => {
    requests.alive();
    if (Date.now() < until) throw new NotReady('requests run');
  });
  await requests.stop();
  return judgeStep(
    requests.callers.flatMap(({ records }) => records),
    rate,
  );
}

/** The first half second belongs to connections that are made for the first time. */
const warmUp = 0.5e6;

/** What the records of one rate come to. */
export function judgeStep(all: readonly RequestRecord[], rate: number): RampStep {
  const begin = (all[0]?.scheduled ?? 0) + warmUp;
  const records = all.filter(({ scheduled }) => scheduled >= begin);
  const span = ((records.at(-1)?.scheduled ?? 0) - (records[0]?.scheduled ?? 0)) / 1e6;
  const lost = records.filter(isLost).length;
  const late = percentile(
    sorted(records, ({ scheduled, started }) => started - scheduled),
    0.99,
  );
  const p99Ms = percentile(
    sorted(records, ({ latency }) => latency),
    0.99,
  );
  const made = span >= stepSeconds / 2 && records.length >= 0.95 * rate * span && late <= tolerableMs;
  const carried = lost <= records.length * bounds.lostShare && p99Ms <= bounds.p99Ms;
  const result = !made ? 'machine' : carried ? 'carried' : 'exceeded';
  return { rate, sent: records.length, lost, p99Ms, result };
}

const sorted = (records: readonly RequestRecord[], of: (record: RequestRecord) => number): number[] =>
  records.map((record) => of(record) / 1000).sort((a, b) => a - b);

/** The highest rate that was carried; undefined if the first one was not. */
export const highest = ({ steps }: Ramp): number | undefined =>
  steps.findLast(({ result }) => result === 'carried')?.rate;

/** What ended the ramp, for a person. */
export function endOf({ steps }: Ramp): string {
  const last = steps.at(-1);
  if (!last || last.result === 'carried') return 'more was not tried';
  if (last.result === 'machine') return `this machine cannot send ${last.rate} a second`;
  return `at ${last.rate} a second ${last.lost} of ${last.sent} were lost, p99 ${last.p99Ms} ms`;
}
