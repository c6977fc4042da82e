import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type DrillUndoReport, type Reporter, span } from '../../report/index.ts';
import { type FoundRecord, readRecord, removeRecord } from './undo-record.ts';
import { endOutages, undoStep } from './undo-step.ts';

export interface UndoDrillsOptions {
  readonly clusters: readonly MeshCluster[];
  /** Leave alone what is not past its deadline. */
  readonly expiredOnly?: boolean | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Take back what a drill left in each cluster that can be reached, whoever ran it. Nothing there is
 * success. A cluster that the drill stopped is started first, as its record cannot be read before.
 * May be killed and run again.
 */
export async function undoDrills(options: UndoDrillsOptions): Promise<DrillUndoReport['undone']> {
  const { clusters, signal, expiredOnly } = options;
  const names = clusters.map(({ spec }) => spec.name);
  const first = await Promise.allSettled(clusters.map((cluster) => readRecord(cluster, { signal })));
  const records = first.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  const due = records.filter(({ expired }) => expired || !expiredOnly);
  const steps = due.flatMap((record) => record.steps);
  const left = await endOutages(clusters, steps, signal);
  const work = clusters.map(async (cluster) => {
    const record = await readRecord(cluster, { signal });
    if (!record || (expiredOnly && !record.expired)) return [];
    return [await undoOne(cluster, record, { ...options, left })];
  });
  return (await allOf(work, { names, things: 'clusters' })).flat();
}

interface UndoOneOptions extends UndoDrillsOptions {
  /** What cannot be undone from here. */
  readonly left: readonly string[];
}

async function undoOne(
  cluster: MeshCluster,
  record: FoundRecord,
  { reporter, signal, left }: UndoOneOptions,
): Promise<DrillUndoReport['undone'][number]> {
  const { drill, who, run, steps } = record;
  const { name } = cluster.spec;
  return span(reporter, { title: `undoing the drill ${drill} of ${who}`, cluster: name }, async () => {
    const problems: string[] = [];
    for (const step of steps.toReversed()) problems.push(...(await undoStep(cluster, step, { run, signal })));
    // Whoever can start what is stopped must learn of it.
    const told = steps.some(({ kind }) => kind === 'outage') ? left : [];
    problems.push(...told);
    if (told.length === 0) await removeRecord(cluster, { run }, { signal });
    return { cluster: name, drill, who, steps: steps.length, problems };
  });
}
