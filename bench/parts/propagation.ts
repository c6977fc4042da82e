import { setTimeout } from 'node:timers/promises';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import type { MeshCluster } from '../../src/provider/index.ts';
import { meshClusters } from '../../test/e2e/steady-load.ts';
import { BenchBed } from '../bed.ts';
import type { Recorder } from '../figures.ts';
import { step, tell } from '../progress.ts';
import { Caller } from '../propagation/caller.ts';
import { Gate } from '../propagation/gate.ts';
import { addService } from '../propagation/service.ts';

const wanted = 200;
/** Some requests fail before all do: nobody answers any more once none was answered for that long. */
const silentMs = 500;
/** What a mesh is given to tell of a pod that is not yet Ready; a pod that starts takes longer. */
const knownMs = 1_000;
/** A pod takes seconds to become Ready and not Ready again; so many clients leave the processors some rest meanwhile. */
const callersAtOnce = 4;

/** Seconds from a pod Ready in one cluster to its first answer in each of the others. */
export async function propagation(recorder: Recorder, sizes: readonly number[]): Promise<void> {
  for (const clusters of sizes) {
    await using bed = await BenchBed.of(clusters);
    await step(`up of ${clusters} clusters`, () => bed.isthmus('up', '--no-check'));
    await bed.isthmus('contexts');
    const others = await meshClusters(bed, bed.clusters.slice(1));
    const lanes = Math.max(1, Math.floor(callersAtOnce / (clusters - 1)));
    const rounds = Math.ceil(wanted / (clusters - 1) / lanes);
    const times = await Promise.all(
      Array.from({ length: lanes }, (_, lane) => timesOf(bed, `propagation-${lane + 1}`, { others, rounds })),
    );
    const seconds = times.flat().sort((a, b) => a - b);
    const at = (share: number) => (seconds[Math.ceil(share * seconds.length) - 1] ?? Number.NaN).toFixed(2);
    const said = `p50 ${at(0.5)} s, p99 ${at(0.99)} s, longest ${at(1)} s of ${seconds.length}`;
    recorder.add({ what: 'from a pod Ready to its first answer in another cluster', clusters, said });
  }
}

interface Rounds {
  readonly others: readonly MeshCluster[];
  readonly rounds: number;
}

/** Seconds of every caller in every round, with a Service of its own. */
async function timesOf(bed: BenchBed, app: string, { others, rounds }: Rounds): Promise<number[]> {
  const [first = ''] = bed.clusters;
  await addService(bed, app);
  const gate = await Gate.of(bed, first, app);
  const callers = await Promise.all(others.map((cluster) => Caller.start(cluster, app)));
  const found: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all([gate.set(false), gate.serve(false)]);
      // Were it Ready when it is selected again, connections would be made that go on.
      await until('nobody to answer', [gate, ...callers], () => !gate.isReady && callers.every(isSilent));
      // As a new pod is: known everywhere before it is Ready.
      await gate.serve(true);
      await setTimeout(knownMs);
      for (const one of callers) one.forget();
      gate.forget();
      await gate.set(true);
      await until('an answer everywhere', [gate, ...callers], () =>
        Boolean(gate.readyAt && callers.every((one) => one.firstAt)),
      );
      // A pod may answer before its cluster tells us that it is Ready: what comes first has taken no time.
      for (const one of callers) found.push(Math.max(0, (one.firstAt ?? 0) - (gate.readyAt ?? 0)) / 1000);
      if ((round + 1) % 10 === 0) tell(`${app}: ${round + 1} of ${rounds} rounds`);
    }
  } finally {
    for (const one of [gate, ...callers]) one.stop();
  }
  return found;
}

const isSilent = ({ silentSince }: Caller): boolean =>
  silentSince !== undefined && performance.now() - silentSince >= silentMs;

/** Throws if a stream that is listened to has ended. */
function until(
  what: string,
  streams: readonly { readonly ended: boolean }[],
  holds: () => boolean,
): Promise<void> {
  const { signal } = new AbortController();
  return waitUntil({ what, timeoutMs: 120_000, delayMs: 10, maxDelayMs: 50, signal }, async () => {
    if (streams.some(({ ended }) => ended)) throw new Error(`kubectl ended while waiting for ${what}`);
    if (!holds()) throw new NotReady(what);
  });
}
