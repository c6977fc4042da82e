import type { CallerRecords, RequestRecord } from '../../load/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { DrillContext } from '../drill.ts';

/** Stretch of requests that must be as wanted before it counts as so. Microseconds. */
const stretch = 2e6;
const paceMs = 250;

/**
 * Wait until requests are answered as the settings that a drill begins with say: nothing lost, and with
 * `ownFirst` every cluster with pods answers its own callers. TIMED_OUT otherwise.
 */
export async function untilAnsweredAsWanted(
  context: DrillContext,
  { ownFirst }: { ownFirst: boolean },
): Promise<void> {
  const { answers, target, signal } = context;
  const homes = new Set(target.homes.map(({ cluster }) => cluster.spec.name));
  const what = ownFirst ? 'every cluster to answer its own callers' : 'every request to be answered';
  const hint =
    'a cluster that does not prefer its own pods cannot be seen to leave them; see its DestinationRule';
  const wait = { what, hint, timeoutMs: 45_000, signal, delayMs: paceMs, maxDelayMs: paceMs };
  await context.step({ phase: 'prepare', title: what }, () =>
    waitUntil(wait, async () => {
      answers.alive();
      for (const caller of answers.callers) {
        const records = lastOf(caller);
        if (records.length < 10) throw new NotReady(`${caller.from} asked only ${records.length} times`);
        const odd = records.find((record) => {
          const by = answers.clusterOf(record);
          return by === undefined || (ownFirst && homes.has(caller.from) && by !== caller.from);
        });
        if (odd) throw new NotReady(`${caller.from}: ${answers.clusterOf(odd) ?? 'nobody'} answered`);
      }
    }),
  );
}

function lastOf({ records }: CallerRecords): readonly RequestRecord[] {
  const newest = records.at(-1)?.scheduled ?? 0;
  return records.filter(({ scheduled }) => scheduled > newest - stretch);
}

export interface AgainOptions {
  readonly victim: string;
  readonly hits: 'own' | 'others';
  /** How long that may take. */
  readonly seconds: number;
}

/** Until a cluster that had failed answers again. That it does not is for the verdict to say. */
export async function answersAgain(
  context: DrillContext,
  { victim, hits, seconds }: AgainOptions,
): Promise<void> {
  const { answers, signal } = context;
  const from = answers.callers.filter((caller) => (caller.from === victim) === (hits === 'own'));
  const deadline = Date.now() + seconds * 1000;
  const what = `${victim} to answer again`;
  const wait = { what, timeoutMs: seconds * 1000 + 30_000, signal, delayMs: paceMs, maxDelayMs: 1000 };
  await waitUntil(wait, async () => {
    answers.alive();
    await answers.learn(signal);
    const back = from.every((caller) =>
      lastOf(caller).some((record) => answers.clusterOf(record) === victim),
    );
    if (!back && Date.now() < deadline) throw new NotReady('it does not yet');
  });
}
