import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { type Lease, leaseRef, readLease, refusalStatus, writeLease } from '../../kubernetes/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import { claimOf, isKnownGone, told, type Worker, workerOf } from './worker.ts';

export const meshLeaseRef = (spec: ClusterSpec) => leaseRef(istioNamespaceOf(spec), 'isthmus');

export interface TakeOptions {
  readonly worker: Worker;
  /** Milliseconds to wait for somebody else to end. */
  readonly waitMs: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

const callMs = 5000;

/** One cluster's lease, held by this run. */
export class ClusterLease {
  readonly cluster: MeshCluster;
  readonly #worker: Worker;
  #lease: Lease;

  private constructor(cluster: MeshCluster, worker: Worker, lease: Lease) {
    this.cluster = cluster;
    this.#worker = worker;
    this.#lease = lease;
  }

  /**
   * Take a cluster's lease, after whoever has it, and after one who is gone at once or as soon as nothing
   * was heard of him for as long as a lease lasts. Undefined if the cluster has no such namespace yet.
   * LOCK_HELD if somebody else is at work for all of that time.
   */
  static async take(cluster: MeshCluster, options: TakeOptions): Promise<ClusterLease | undefined> {
    const { worker, waitMs, signal } = options;
    const waiter = new Waiter(cluster.spec.name, options);
    const what = `the lease of ${cluster.spec.name}`;
    try {
      return await waitUntil({ what, timeoutMs: waitMs, signal, maxDelayMs: 2000 }, async () => {
        const found = await readLease(cluster.kube, meshLeaseRef(cluster.spec), {
          signal,
          timeoutMs: callMs,
        });
        const gone = found && waiter.requireFree(found);
        const lease = await claim(cluster, worker, found);
        if (lease === 'no namespace') return undefined;
        if (!lease) throw new NotReady('somebody else was quicker');
        if (gone) waiter.say('WORK_TAKEN_OVER', gone);
        return new ClusterLease(cluster, worker, lease);
      });
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'TIMED_OUT' && waiter.other)
        throw inWork(cluster.spec.name, waiter.other);
      throw error;
    }
  }

  /** Say that this run is still there. False if the lease is not there any more. Throws LOCK_HELD if another has it. */
  async renew(): Promise<boolean> {
    const written = await writeLease(
      this.cluster.kube,
      { ref: meshLeaseRef(this.cluster.spec), found: this.#lease, claim: claimOf(this.#worker) },
      { timeoutMs: callMs },
    );
    if (written) this.#lease = written;
    return written ? true : this.#look();
  }

  async #look(): Promise<boolean> {
    const found = await readLease(this.cluster.kube, meshLeaseRef(this.cluster.spec), { timeoutMs: callMs });
    const other = found && workerOf(found);
    if (other?.run !== this.#worker.run) {
      if (other) throw takenOver(this.cluster.spec.name, other);
      return false;
    }
    this.#lease = found ?? this.#lease;
    return true;
  }

  /** Let go of it; gone, or taken over, is success. */
  async release(): Promise<void> {
    try {
      if (!(await this.#look())) return;
      const ref = meshLeaseRef(this.cluster.spec);
      await this.cluster.kube.remove(ref, { version: this.#lease.version, timeoutMs: callMs });
    } catch (error) {
      // It ends by itself: nobody has to wait longer than a lease lasts.
      if (!isIsthmusError(error)) throw error;
    }
  }
}

async function claim(cluster: MeshCluster, worker: Worker, found: Lease | undefined) {
  try {
    return await writeLease(
      cluster.kube,
      { ref: meshLeaseRef(cluster.spec), found, claim: claimOf(worker) },
      { timeoutMs: callMs },
    );
  } catch (error) {
    if (refusalStatus(error) === 404) return 'no namespace';
    throw error;
  }
}

/** Watches somebody else's lease: by this machine's clock alone, as nobody knows how wrong his is. */
class Waiter {
  readonly #cluster: string;
  readonly #options: TakeOptions;
  #seen = '';
  #since = 0;
  #saidOf: string | undefined;
  other: Worker | undefined;

  constructor(cluster: string, options: TakeOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Whose lease may be taken over; undefined if it is nobody's. Throws NotReady while somebody else has it. */
  requireFree(lease: Lease): Worker | undefined {
    const other = workerOf(lease);
    if (!other || other.run === this.#options.worker.run) return undefined;
    this.other = other;
    if (lease.version !== this.#seen) {
      this.#seen = lease.version;
      this.#since = performance.now();
    }
    const silent = performance.now() - this.#since > lease.durationSeconds * 1000;
    if (silent || isKnownGone(lease, other)) return other;
    this.say('WORK_AWAITED', other);
    throw new NotReady(`${told(other)} is at work`);
  }

  say(code: 'WORK_TAKEN_OVER' | 'WORK_AWAITED', other: Worker): void {
    if (this.#saidOf === `${code} ${other.run}`) return;
    this.#saidOf = `${code} ${other.run}`;
    const message =
      code === 'WORK_AWAITED'
        ? `${this.#cluster} is in work by ${told(other)}; waiting for its end`
        : `takes over ${this.#cluster} from ${told(other)}, of whom nothing is heard any more`;
    const level = code === 'WORK_AWAITED' ? 'info' : 'warn';
    note(this.#options.reporter, { level, code, message, cluster: this.#cluster });
  }
}

const inWork = (cluster: string, other: Worker): IsthmusError =>
  new IsthmusError('LOCK_HELD', `${cluster} is in work by ${told(other)}`, {
    hint: 'wait for its end, or end it; isthmus status says whether it is still at work',
  });

const takenOver = (cluster: string, other: Worker): IsthmusError =>
  new IsthmusError('LOCK_HELD', `${told(other)} has taken over ${cluster}, so this run stopped`, {
    hint: 'nothing was heard of this run for too long, as of a machine that slept; run it again after the other one',
  });
