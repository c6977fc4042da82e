import { Facts, observeTrust } from '../../checks/index.ts';
import { drillAtWork } from '../../drills/index.ts';
import {
  clusterLocalOf,
  istiodStatus,
  istioOf,
  observeServices,
  proxyClusters,
  proxyVersions,
  type RevisionConfig,
  revisionConfigs,
  runningIstiods,
  type ServicesObservation,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import {
  type CallerEndpoints,
  type CheckResult,
  type ClusterStatus,
  type DrillAtWork,
  groupBy,
  type Reporter,
  type ServiceRow,
  silentReporter,
  type TrustView,
  type VersionView,
} from '../../report/index.ts';
import type { ClusterSpec, Topology } from '../../topology/index.ts';
import { meshOf } from '../session/found-mesh.ts';
import { lateCluster } from '../session/late-client.ts';
import { Session } from '../session/session.ts';
import { callerOf } from '../view/caller.ts';
import { serviceRows } from '../view/endpoint-view.ts';
import { RequestCounters } from '../view/request-counters.ts';
import { trustView } from '../view/trust-view.ts';
import { checkMesh } from './check.ts';
import type { DoctorOptions } from './doctor.ts';
import { promptStatus } from './prompt-status.ts';

/** The mesh of a file, or contexts of any mesh, as for `doctorMesh`. */
export type ViewOptions = Omit<DoctorOptions, 'all' | 'reporter'>;

/**
 * One mesh, looked at again and again, one cluster at a time, so that none has to wait for one that does not
 * answer. Every look throws what `status`, `check` and `doctor` would meet; none changes anything.
 */
export class MeshView {
  readonly topology: Topology;
  readonly #options: ViewOptions;
  /** One for each cluster, so that a connection which went bad is made anew alone. */
  readonly #sessions = new Map<string, Session>();
  readonly #services = new Map<string, ServicesObservation>();
  readonly #counters = new Map<string, RequestCounters>();
  /** Services that differed at the look before; by caller. */
  readonly #doubts = new Map<string, ReadonlySet<string>>();

  private constructor(options: ViewOptions, topology: Topology) {
    this.#options = options;
    this.topology = topology;
  }

  /**
   * Open the mesh of a topology, of which nothing is asked yet, or of contexts, of which each is asked what a file
   * would say; one that does not answer is there all the same. Throws INTERRUPTED.
   */
  static async open(options: ViewOptions): Promise<MeshView> {
    return new MeshView(options, (await meshOf(options)).topology);
  }

  /** Is there no file that rules the mesh? */
  get withoutFile(): boolean {
    return this.topology !== this.#options.topology;
  }

  /** A row of `status`. */
  async status(name: string): Promise<ClusterStatus> {
    const spec = this.#spec(name);
    const status = await promptStatus(this.#session(name), spec);
    // It may be another one, with other certificates, when it is back.
    if (status.unseen || status.state === 'absent') this.#sessions.delete(name);
    return status;
  }

  /** Some checks of all clusters, as `check` runs them; all of them when no name is given. */
  check(names: readonly string[], { reporter, signal }: Looking): Promise<CheckResult[]> {
    const { topology, withoutFile } = this;
    return checkMesh({ ...this.#options, topology, withoutFile, names, reporter, signal });
  }

  /** What one cluster's caller knows of every service, against what all clusters had when they were read last. */
  async endpoints(name: string, signal: AbortSignal): Promise<CallerEndpoints> {
    const cluster = await this.#cluster(name);
    const own = await observeServices(cluster, { signal });
    this.#services.set(name, own);
    const caller = callerOf(own.pods);
    if (!caller) return { cluster: name, caller: undefined, services: [], notes: ['no pod has a sidecar'] };
    const [endpoints, told, clusters] = await Promise.all([
      proxyClusters(cluster, caller, { signal }),
      revisionConfigs(istioOf(cluster), { signal }),
      this.#clusters(),
    ]);
    const counters = this.#counters.get(`${name} ${caller.name}`) ?? new RequestCounters();
    this.#counters.set(`${name} ${caller.name}`, counters);
    const rows = await serviceRows({
      clusters,
      observed: this.#services,
      from: name,
      held: groupBy(endpoints, ({ cluster: one }) => one),
      clusterLocal: told.map(({ config }) => clusterLocalOf(config)),
      recentOf: counters.take(endpoints),
    });
    const unseen = this.#unseen().map(
      (other) => `nothing was seen of ${other} yet, so nothing of it is expected`,
    );
    const notes = [...unseen, ...otherGateways(told)];
    const services = notes.length > 0 ? rows.map(withoutVerdict) : this.#confirmed(name, rows);
    return { cluster: name, caller: `${caller.namespace}/${caller.name}`, services, notes };
  }

  /** Who signs in a cluster and what its proxies hold. */
  async trust(name: string, signal: AbortSignal): Promise<TrustView> {
    const cluster = await this.#cluster(name);
    const { topology } = this;
    const context = {
      topology,
      clusters: [cluster],
      signal,
      reporter: silentReporter,
      loadBalancers: async () => [],
    };
    return trustView(await observeTrust(cluster, { ...context, facts: new Facts(context) }));
  }

  /** What runs in a cluster. */
  async versions(name: string, signal: AbortSignal): Promise<VersionView> {
    const cluster = await this.#cluster(name);
    const [kubernetes, istiod, pods] = await Promise.all([
      cluster.kube.version({ signal, timeoutMs: 5000 }),
      istiodStatus(cluster, { signal }),
      runningIstiods(cluster, { signal }),
    ]);
    const counts = await Promise.all(pods.map((pod) => proxyVersions(cluster, pod.name, { signal })));
    const proxies: Record<string, number> = {};
    for (const [version, count] of counts.flatMap((one) => Object.entries(one)))
      proxies[version] = (proxies[version] ?? 0) + count;
    return { cluster: name, kubernetes, istiods: istiod?.version ? [istiod.version] : [], proxies };
  }

  /** The drill that is at work in a cluster, whoever runs it. */
  async drill(name: string, signal: AbortSignal): Promise<DrillAtWork | undefined> {
    return drillAtWork(await this.#cluster(name), { signal });
  }

  /** A difference counts when it is there twice: the clusters and the proxy are not read in one moment. */
  #confirmed(caller: string, rows: readonly ServiceRow[]): ServiceRow[] {
    const before = this.#doubts.get(caller);
    this.#doubts.set(
      caller,
      new Set(rows.filter(({ state }) => state === 'differs').map(({ service }) => service)),
    );
    return rows.map((row) =>
      row.state === 'differs' && !before?.has(row.service) ? { ...row, state: 'same', notes: [] } : row,
    );
  }

  #unseen(): string[] {
    return this.topology.clusters.filter(({ name }) => !this.#services.has(name)).map(({ name }) => name);
  }

  #spec(name: string): ClusterSpec {
    return this.topology.clusters.find((one) => one.name === name) as ClusterSpec;
  }

  #session(name: string): Session {
    const known = this.#sessions.get(name);
    if (known) return known;
    const session = new Session({ ...this.#options, topology: this.topology, reporter: silentReporter });
    this.#sessions.set(name, session);
    return session;
  }

  #cluster(name: string): Promise<MeshCluster> {
    return this.#session(name).cluster(this.#spec(name));
  }

  /** Also those that do not answer: of them only what they are called is asked. */
  #clusters(): Promise<MeshCluster[]> {
    return Promise.all(this.topology.clusters.map((spec) => lateCluster(this.#session(spec.name), spec)));
  }
}

/** How a look is told of, and when it is given up. */
export interface Looking {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Gateways that only the checks know, without which nobody can say what a proxy should have. */
function otherGateways(told: readonly RevisionConfig[]): string[] {
  const isStated = told.some(({ networks }) => networks.stated.some(({ entries }) => entries.length > 0));
  return isStated
    ? [
        'its istiod is told of gateways by meshNetworks, which are not expected here: the check sync compares them',
      ]
    : [];
}

const withoutVerdict = (row: ServiceRow): ServiceRow => ({ ...row, state: 'not-compared', notes: [] });
