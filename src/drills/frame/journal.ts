import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { IsthmusError } from '../../errors/index.ts';
import { describeRef, type KubeObject, refKey, refOf, refusalStatus } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Change, contentOf, type Outage, type Step } from './change.ts';
import { allowUndo, setDeadline } from './deadline-pod.ts';
import { createRecord, removeRecord, requireRecord, type UndoRecord, updateRecord } from './undo-record.ts';
import { drillLabel } from './undo-script.ts';
import { differences, endOutages, undoStep } from './undo-step.ts';

export interface JournalOptions {
  readonly drill: string;
  readonly clusters: readonly MeshCluster[];
  /** Seconds after which anybody may undo what this run left. */
  readonly deadlineSeconds: number;
  readonly signal: AbortSignal;
}

interface Entry {
  readonly cluster: MeshCluster;
  readonly step: Step;
}

/** `user@host` of this process. */
export const whoAmI = (): string => `${userInfo().username}@${hostname()}`;

/**
 * The only way by which a drill changes anything: each change is in the cluster's undo record before
 * it is done, so that any isthmus can take it back whatever becomes of this one.
 */
export class Journal {
  readonly run = `${process.pid}-${randomBytes(4).toString('hex')}`;
  readonly #options: JournalOptions;
  readonly #entries: Entry[] = [];
  /** Why nothing in a cluster ends this run by itself, by the cluster's name. */
  readonly #unguarded = new Map<string, string>();
  /** Names of clusters whose API server this run has stopped. */
  readonly #out = new Set<string>();

  private constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Take the lock of every cluster. DRILL_UNDER_WAY if another drill has one; none is kept then. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    const taken: MeshCluster[] = [];
    try {
      // One after the other in a fixed order, so that of two that begin at once one gets them all.
      for (const cluster of options.clusters) {
        const owner = await createRecord(cluster, journal.#recordOf(cluster), options);
        taken.push(cluster);
        await journal.#guard(cluster, owner);
      }
    } catch (error) {
      const signal = AbortSignal.timeout(30_000);
      for (const cluster of taken) await removeRecord(cluster, journal, { signal });
      throw error;
    }
    return journal;
  }

  /** Clusters in which nothing ends this run by itself, and why. */
  get unguarded(): ReadonlyMap<string, string> {
    return this.#unguarded;
  }

  async #guard(cluster: MeshCluster, owner: KubeObject): Promise<void> {
    const { deadlineSeconds: seconds, signal } = this.#options;
    const why = await setDeadline(cluster, { run: this.run, seconds, owner, signal });
    if (why) this.#unguarded.set(cluster.spec.name, why);
  }

  /** Record a change, then do it. DRILL_BLOCKED if an object to be made is there, or one to be changed is not. */
  async act(cluster: MeshCluster, change: Change): Promise<Step> {
    if (change.kind === 'outage') return this.#stop(cluster, change);
    const { signal } = this.#options;
    const step = await this.#stepOf(cluster, change);
    this.#entries.push({ cluster, step });
    const record = this.#recordOf(cluster);
    if (!this.#unguarded.has(cluster.spec.name))
      await allowUndo(cluster, record.steps, { run: this.run, signal });
    await updateRecord(cluster, record, { signal });
    if (step.kind === 'patch') await cluster.kube.patch(step.ref, step.set, { signal });
    if (step.kind === 'create') await this.#create(cluster, step.object);
    return step;
  }

  /** Clusters whose API servers this run has not stopped. */
  get reachable(): readonly MeshCluster[] {
    return this.#options.clusters.filter(({ spec }) => !this.#out.has(spec.name));
  }

  /** Every cluster has it in its record: the one that is stopped could not tell. */
  async #stop(victim: MeshCluster, step: Outage): Promise<Step> {
    const { clusters, signal } = this.#options;
    if (!victim.outages) throw new IsthmusError('BUG', `${victim.spec.name} cannot be stopped`);
    for (const cluster of clusters) {
      this.#entries.push({ cluster, step });
      await updateRecord(cluster, this.#recordOf(cluster), { signal });
    }
    this.#out.add(victim.spec.name);
    await victim.outages.begin(step.part, signal);
    return step;
  }

  /** Give an object that this run made another content. */
  async revise({ kube }: MeshCluster, object: KubeObject): Promise<void> {
    const { apiVersion: _, kind: __, metadata: ___, ...content } = object;
    await kube.patch(refOf(object), content, { signal: this.#options.signal });
  }

  /** DRILL_BROKEN_OFF if somebody undid this run's drill. */
  async requireHeld(): Promise<void> {
    const { signal } = this.#options;
    for (const cluster of this.reachable) await requireRecord(cluster, this.#recordOf(cluster), { signal });
  }

  /**
   * Take these steps back, or all, the last first. Returns what stays as somebody else set it. What
   * stands against one step keeps no other one from being undone; it is thrown at the end.
   */
  async undo(signal: AbortSignal, only?: readonly Step[]): Promise<string[]> {
    const wanted = this.#entries.map(({ step }) => step).filter((step) => !only || only.includes(step));
    const problems = await endOutages(this.#options.clusters, wanted, signal);
    for (const step of wanted) if (step.kind === 'outage') this.#out.delete(step.cluster);
    const errors: unknown[] = [];
    for (const { cluster, step } of this.#entries.toReversed()) {
      if (only && !only.includes(step)) continue;
      try {
        problems.push(...(await undoStep(cluster, step, { run: this.run, signal })));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return problems;
  }

  /** What still differs from before. */
  async differences(signal: AbortSignal): Promise<string[]> {
    const firsts = new Map<string, Entry>();
    for (const entry of this.#entries) {
      const { cluster, step } = entry;
      if (step.kind === 'outage') continue;
      const key = `${cluster.spec.name} ${refKey(step.kind === 'create' ? refOf(step.object) : step.ref)}`;
      if (!firsts.has(key)) firsts.set(key, entry);
    }
    const all = [...firsts.values()].map(({ cluster, step }) => differences(cluster, step, { signal }));
    return (await Promise.all(all)).flat();
  }

  /** Let go of the lock. */
  async close(signal: AbortSignal): Promise<void> {
    for (const cluster of this.#options.clusters) await removeRecord(cluster, this, { signal });
  }

  #recordOf(cluster: MeshCluster): UndoRecord {
    const { drill, deadlineSeconds } = this.#options;
    const steps = this.#entries.filter((entry) => entry.cluster === cluster).map(({ step }) => step);
    return { drill, run: this.run, who: whoAmI(), deadlineSeconds, steps };
  }

  async #stepOf({ spec, kube }: MeshCluster, change: Exclude<Change, Outage>): Promise<Step> {
    if (change.kind === 'create') return { kind: 'create', object: this.#labelled(change.object) };
    const live = await kube.get(change.ref, { signal: this.#options.signal });
    if (live) return { ...change, before: contentOf(live) };
    throw new IsthmusError('DRILL_BLOCKED', `${spec.name} has no ${describeRef(change.ref)}`, {
      hint: 'somebody removed it meanwhile; run the drill again',
    });
  }

  #labelled(object: KubeObject): KubeObject {
    const labels = { 'app.kubernetes.io/managed-by': 'isthmus', [drillLabel]: this.run };
    return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata?.labels, ...labels } } };
  }

  async #create({ spec, kube }: MeshCluster, object: KubeObject): Promise<void> {
    try {
      await kube.create(object, { signal: this.#options.signal });
    } catch (error) {
      if (refusalStatus(error) !== 409) throw error;
      throw new IsthmusError('DRILL_BLOCKED', `${spec.name} has a ${describeRef(refOf(object))} already`, {
        hint: 'it is not of this drill; look whose it is, and remove it if nobody needs it',
        cause: error,
      });
    }
  }
}
