import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { readLease } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type MeshWork, note } from '../../report/index.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { ClusterLease, meshLeaseRef } from './cluster-lease.ts';
import { thisWorker, type Worker, workerOf, workOf } from './worker.ts';

/** How long one waits for another; milliseconds. */
const waitMs = 900_000;
const renewalMs = 10_000;

/**
 * The right to change a mesh: a Lease in istiod's namespace of every cluster that can be reached, taken in the
 * order of the file, so that of two at once one goes first everywhere. A cluster that is made meanwhile
 * joins once it has that namespace.
 */
class MeshLease {
  readonly #session: Session;
  readonly #worker: Worker;
  readonly #held = new Map<string, ClusterLease>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<unknown> | undefined;

  constructor(session: Session, command: string) {
    this.#session = session;
    this.#worker = thisWorker(command);
  }

  /** Take every cluster's that answers. LOCK_HELD if another is at work for all of that time. */
  async takeAll(): Promise<void> {
    const { topology } = this.#session;
    const reached = await Promise.all(topology.clusters.map((spec) => reachCluster(this.#session, spec)));
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renewAll().finally(() => {
        this.#renewing = undefined;
      });
    }, renewalMs);
    for (const { cluster } of reached) if (cluster) await this.join(cluster);
  }

  /** Take the lease of a cluster that could not be reached, or was not there, before. */
  async join(cluster: MeshCluster): Promise<void> {
    const { name } = cluster.spec;
    if (this.#held.has(name)) return;
    const { reporter, signal } = this.#session.context;
    try {
      const options = { worker: this.#worker, waitMs, reporter, signal };
      const lease = await ClusterLease.take(cluster, options);
      if (lease) this.#held.set(name, lease);
    } catch (error) {
      if (!isIsthmusError(error) || !['CLUSTER_UNREACHABLE', 'API_REFUSED'].includes(error.code)) throw error;
      const message = `nobody is kept from ${name} meanwhile, as its lease cannot be taken: ${messageOf(error)}`;
      note(reporter, { level: 'warn', code: 'WORK_UNANNOUNCED', message, cluster: name });
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    await Promise.all([...this.#held.values()].map((lease) => lease.release()));
  }

  async #renewAll(): Promise<void> {
    await Promise.all([...this.#held].map(([name, lease]) => this.#renew(name, lease)));
  }

  /** A cluster that does not answer now may do so before the lease is over. */
  async #renew(name: string, lease: ClusterLease): Promise<void> {
    try {
      if (!(await lease.renew())) this.#held.delete(name);
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'LOCK_HELD') {
        this.#held.delete(name);
        this.#session.stop(error);
      }
    }
  }
}

/** Who is at work on a cluster; undefined if nobody is. */
export async function workIn(
  cluster: MeshCluster,
  options: { readonly signal: AbortSignal },
): Promise<MeshWork | undefined> {
  const lease = await readLease(cluster.kube, meshLeaseRef(cluster.spec), options);
  const worker = lease && workerOf(lease);
  return worker && workOf(lease, worker);
}

/**
 * Of two runs that meet in clusters that are new to both, the one that came first to the first cluster
 * goes first in all of them.
 */
export class JoinTurn {
  readonly #first: string | undefined;
  readonly #settled: Promise<void>;
  #settle: () => void = () => undefined;

  constructor(first: string | undefined) {
    this.#first = first;
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async join(session: Session, cluster: MeshCluster): Promise<void> {
    const { name } = cluster.spec;
    if (name !== this.#first) await this.#settled;
    await session.lease?.join(cluster);
    this.over(name);
  }

  /** It has joined, or never will. */
  over(name: string): void {
    if (name === this.#first) this.#settle();
  }
}

/**
 * Do what changes a mesh while nobody else does. Whoever comes later waits, and is told for whom. The lease
 * of one who was killed is taken over. If another took this one's over, the work is aborted and LOCK_HELD
 * thrown.
 */
export async function withMeshLease<T>(
  session: Session,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  const lease = new MeshLease(session, command);
  try {
    await lease.takeAll();
    session.lease = lease;
    return await work();
  } catch (error) {
    throw session.stopped ?? error;
  } finally {
    session.lease = undefined;
    await lease.release();
  }
}
