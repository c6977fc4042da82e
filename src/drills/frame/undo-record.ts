import { IsthmusError } from '../../errors/index.ts';
import { type ConfigMap, type KubeObject, refusalStatus } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillAtWork } from '../../report/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import type { Step } from './change.ts';
import { removeDeadline } from './deadline-pod.ts';
import { drillLabel, undoScript } from './undo-script.ts';

/** What a cluster knows of the drill that is at work in it: how to undo it, by whom, until when. */
export interface UndoRecord {
  readonly drill: string;
  /** Tells this run from every other one. */
  readonly run: string;
  /** `user@host`. */
  readonly who: string;
  /** Seconds after its creation from which anybody may undo it. */
  readonly deadlineSeconds: number;
  /** In the order in which they were done. */
  readonly steps: readonly Step[];
}

/** A record as it was found. */
export interface FoundRecord extends UndoRecord {
  /** By the cluster's own clock: nobody else's can be told from a wrong one. */
  readonly expired: boolean;
  readonly since: string;
}

/** One name whatever the drill: to create it is to take the lock, so that no drill begins upon another. */
const refOf = (spec: ClusterSpec) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: istioNamespaceOf(spec),
  name: 'isthmus-drill',
});

export interface RecordOptions {
  readonly signal: AbortSignal;
}

/** Returns it as the cluster has it. Throws DRILL_UNDER_WAY if the cluster has one already. */
export async function createRecord(
  { spec, kube }: MeshCluster,
  record: UndoRecord,
  { signal }: RecordOptions,
): Promise<KubeObject> {
  try {
    return await kube.create(objectOf(spec, record), { signal });
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
    throw new IsthmusError('DRILL_UNDER_WAY', `another drill is at work in ${spec.name}`, {
      hint: 'let it end, or end it: isthmus drill --undo',
      cause: error,
    });
  }
}

/** Write the steps of a record that is there. DRILL_BROKEN_OFF if it is not this run's any more. */
export async function updateRecord(
  cluster: MeshCluster,
  record: UndoRecord,
  { signal }: RecordOptions,
): Promise<void> {
  await requireRecord(cluster, record, { signal });
  await cluster.kube.patch(refOf(cluster.spec), { data: dataOf(record) }, { signal });
}

/** DRILL_BROKEN_OFF if somebody ended this run's drill. */
export async function requireRecord(
  { spec, kube }: MeshCluster,
  { run }: UndoRecord,
  { signal }: RecordOptions,
): Promise<void> {
  const live = await kube.get<ConfigMap>(refOf(spec), { signal });
  if (live?.data?.['run'] === run) return;
  throw new IsthmusError('DRILL_BROKEN_OFF', `somebody undid this drill in ${spec.name} while it ran`, {
    hint: 'isthmus drill --undo does so from any machine; agree who drills',
  });
}

/** Removes the record of this run, and no other one; before it what would undo the run by itself. */
export async function removeRecord(
  cluster: MeshCluster,
  { run }: Pick<UndoRecord, 'run'>,
  { signal }: RecordOptions,
): Promise<void> {
  const { kube, spec } = cluster;
  const ref = refOf(spec);
  await removeDeadline(cluster, { run, signal });
  const live = await kube.get<ConfigMap>(ref, { signal });
  if (live?.data?.['run'] === run) await kube.remove(ref, { signal });
}

/** The record of a cluster; undefined if no drill is at work in it. BUG if it cannot be read. */
export async function readRecord(
  cluster: MeshCluster,
  { signal }: RecordOptions,
): Promise<FoundRecord | undefined> {
  const live = await cluster.kube.get<ConfigMap>(refOf(cluster.spec), { signal });
  if (!live) return undefined;
  const { drill = '', run = '', who = '', deadlineSeconds = '0', steps = '[]' } = live.data ?? {};
  const since = String(live.metadata?.creationTimestamp ?? '');
  const deadline = Date.parse(since) + Number(deadlineSeconds) * 1000;
  const expired = (await clusterTime(cluster, { signal })) > deadline;
  const record = { drill, run, who, deadlineSeconds: Number(deadlineSeconds) };
  return { ...record, steps: JSON.parse(steps) as Step[], since, expired };
}

/** Which drill is at work in a cluster, for whoever only looks; undefined if none is. */
export async function drillAtWork(
  { kube, spec }: MeshCluster,
  { signal }: RecordOptions,
): Promise<DrillAtWork | undefined> {
  const live = await kube.get<ConfigMap>(refOf(spec), { signal });
  if (!live) return undefined;
  const { drill = '', run = '', who = '', deadlineSeconds = '0' } = live.data ?? {};
  const since = new Date(String(live.metadata?.creationTimestamp ?? 0)).toISOString();
  return { drill, run, who, since, deadlineSeconds: Number(deadlineSeconds) };
}

/** What the API server would stamp on an object that is made now; milliseconds. */
async function clusterTime({ kube, spec }: MeshCluster, { signal }: RecordOptions): Promise<number> {
  const { apiVersion, kind, namespace } = refOf(spec);
  const name = 'isthmus-drill-time';
  const { object } = await kube.apply(
    { apiVersion, kind, metadata: { namespace, name } },
    { dryRun: true, before: null, signal },
  );
  return Date.parse(String(object.metadata?.creationTimestamp ?? new Date().toISOString()));
}

function objectOf(spec: ClusterSpec, record: UndoRecord): KubeObject {
  const { apiVersion, kind, namespace, name } = refOf(spec);
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus', [drillLabel]: record.run };
  return { apiVersion, kind, metadata: { namespace, name, labels }, data: dataOf(record) };
}

const dataOf = ({ drill, run, who, deadlineSeconds, steps }: UndoRecord): Record<string, string> => ({
  drill,
  run,
  who,
  deadlineSeconds: String(deadlineSeconds),
  steps: JSON.stringify(steps),
  // For a pod without a program that reads JSON.
  undo: Buffer.from(undoScript(steps, run)).toString('base64'),
});
