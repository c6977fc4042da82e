import { describeRef, diffObjects, type ObjectRef, refOf } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { editedFields, inverseOf, type Step } from './change.ts';
import { drillLabel } from './undo-script.ts';

export interface UndoOptions {
  readonly run: string;
  readonly signal: AbortSignal;
}

/**
 * Take one step back. May be called again at any time. Returns what stays otherwise, because somebody
 * else set it meanwhile: their value is left alone.
 */
export async function undoStep(cluster: MeshCluster, step: Step, options: UndoOptions): Promise<string[]> {
  // Those are ended beforehand and all at once, as nothing in the cluster could be undone without.
  if (step.kind === 'outage') return [];
  return step.kind === 'create' ? removeMade(cluster, step, options) : setBack(cluster, step, options);
}

async function removeMade(
  { spec, kube }: MeshCluster,
  { object }: Extract<Step, { kind: 'create' }>,
  { run, signal }: UndoOptions,
): Promise<string[]> {
  const ref = refOf(object);
  const live = await kube.get(ref, { signal });
  if (!live) return [];
  if (live.metadata?.labels?.[drillLabel] !== run)
    return [`${spec.name}: ${describeRef(ref)} is somebody else's by now and stays`];
  await kube.remove(ref, { wait: true, signal });
  return [];
}

async function setBack(
  { spec, kube }: MeshCluster,
  step: Extract<Step, { kind: 'patch' }>,
  { signal }: UndoOptions,
): Promise<string[]> {
  const live = await kube.get(step.ref, { signal });
  // Whoever removed it left nothing to undo.
  if (!live) return [];
  const edited = editedFields(step, live);
  if (edited.length > 0)
    return [
      `${spec.name}: somebody changed ${describeRef(step.ref)} meanwhile (${edited.join(', ')}); it stays so`,
    ];
  await kube.patch(step.ref, inverseOf(step.set, step.before), { signal });
  return [];
}

/** What differs from before the step, one line each; nothing where it is undone. */
export async function differences(
  { spec, kube }: MeshCluster,
  step: Step,
  { signal }: Pick<UndoOptions, 'signal'>,
): Promise<string[]> {
  if (step.kind === 'outage') return [];
  const ref: ObjectRef = step.kind === 'create' ? refOf(step.object) : step.ref;
  const live = await kube.get(ref, { signal });
  if (step.kind === 'create') return live ? [`${spec.name}: ${describeRef(ref)} is still there`] : [];
  if (!live) return [];
  return diffObjects(step.before, live).map((line) => `${spec.name}: ${describeRef(ref)}: ${line}`);
}

/** End the outages among the steps. Returns those that nobody can end from here; none of those is among `clusters`. */
export async function endOutages(
  clusters: readonly MeshCluster[],
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<string[]> {
  const names = new Set(steps.flatMap((step) => (step.kind === 'outage' ? [step.cluster] : [])));
  const problems: string[] = [];
  for (const cluster of clusters.filter(({ spec }) => names.has(spec.name))) {
    if (cluster.outages) await cluster.outages.end(signal);
    else problems.push(`${cluster.spec.name}: it was stopped, and cannot be started from here`);
  }
  return problems;
}
