import { type Pod, readyPods } from '../../kubernetes/index.ts';
import { type CallerRecords, isLost } from '../../load/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { DrillContext } from '../drill.ts';
import type { Home } from '../frame/target.ts';

/** How often it is looked whether a pod is Ready. Milliseconds. */
export const lookMs = 50;

const readyMark = (pod: string): string => `ready ${pod}`;

export interface ArrivalsOptions {
  readonly home: Home;
  /** Names of the pods that are no news. */
  readonly known: ReadonlySet<string>;
  readonly count: number;
}

/**
 * Wait until `count` pods more are Ready, and put a mark among the requests at each. Returns their
 * names; TIMED_OUT if they do not start.
 */
export async function markArrivals(
  context: DrillContext,
  { home, known, count }: ArrivalsOptions,
): Promise<string[]> {
  const { target, answers, signal } = context;
  const { namespace, selector: labelSelector } = target;
  const seen = new Set<string>();
  const what = `${count} pods more of ${target.name} to be Ready in ${home.cluster.spec.name}`;
  const wait = { what, timeoutMs: 120_000, signal, delayMs: lookMs, maxDelayMs: lookMs };
  await waitUntil(wait, async () => {
    answers.alive();
    const pods = await readyPods(home.cluster.kube, { namespace, labelSelector, signal });
    for (const name of pods.map(nameOf).filter((one) => !known.has(one) && !seen.has(one))) {
      answers.stamp(readyMark(name));
      seen.add(name);
    }
    if (seen.size < count) throw new NotReady(`${seen.size} are`);
  });
  return [...seen];
}

const nameOf = ({ metadata }: Pod): string => metadata?.name ?? '';

/**
 * Seconds from when each pod was seen Ready to the end of its first answer to a caller, by the
 * caller's own clock; never below 0, as a pod may answer before it is seen. Undefined for one that
 * never answered.
 */
export const arrivalsOf = (
  { records, marks }: CallerRecords,
  pods: readonly string[],
): (number | undefined)[] =>
  pods.map((pod) => {
    const ready = marks.find(({ mark }) => mark === readyMark(pod))?.at;
    const answer = records
      .filter((record) => record.instance === pod && !isLost(record))
      .map(({ started, latency }) => started + latency)
      .sort((a, b) => a - b)[0];
    if (ready === undefined || answer === undefined) return undefined;
    return Math.max(0, (answer - ready) / 1e6);
  });
