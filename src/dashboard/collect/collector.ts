import { isIsthmusError, messageOf } from '../../errors/index.ts';
import type { CheckedMesh, MeshView } from '../../mesh/index.ts';
import {
  type CallerEndpoints,
  type ClusterStatus,
  type DrillAtWork,
  type EndpointRow,
  type Event,
  groupBy,
  type Reporter,
} from '../../report/index.ts';
import type { ClusterCard, Json } from '../state/panels.ts';
import type { Entry } from '../state/state.ts';
import { cleaned } from './clean.ts';
import { loop } from './loop.ts';
import { rotationState } from './rotation-state.ts';
import type { StateStore } from './store.ts';
import { trimmed } from './trimmed.ts';

/** How often what is looked at, in milliseconds. */
export interface Intervals {
  readonly status: number;
  readonly endpoints: number;
  readonly drills: number;
  readonly trust: number;
  readonly versions: number;
  readonly checks: number;
}

const usual: Intervals = {
  status: 2000,
  endpoints: 2000,
  drills: 3000,
  trust: 20_000,
  versions: 30_000,
  checks: 30_000,
};

export interface CollectorOptions {
  readonly view: MeshView;
  readonly store: StateStore;
  readonly signal: AbortSignal;
  readonly intervals?: Intervals | undefined;
}

/** After that a look is given up; a cluster that hangs holds up nobody but itself. */
const lookMs = 45_000;

type Part = Exclude<keyof Intervals, 'checks'>;
type Look = (cluster: string, signal: AbortSignal) => Promise<void>;

/**
 * Brings what is seen of a mesh into the state, each cluster by looks of its own. A look that fails leaves
 * what was seen before, with its age and the reason.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #endpoints = new Map<string, CallerEndpoints>();
  readonly #drills = new Map<string, DrillAtWork | undefined>();
  /** By cluster: what of its status is more than a matter of time. */
  readonly #states = new Map<string, string>();
  readonly #looks: Readonly<Record<Part, Look>> = {
    status: (cluster) => this.#status(cluster),
    endpoints: (cluster, signal) => this.#endpointsLook(cluster, signal),
    trust: (cluster, signal) => this.#trust(cluster, signal),
    versions: (cluster, signal) => this.#versions(cluster, signal),
    drills: (cluster, signal) => this.#drillsLook(cluster, signal),
  };
  #lookAtChecks: () => void = () => {};

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Look again and again until the signal fires. */
  start(): void {
    const { view, signal, intervals = usual } = this.#options;
    for (const { name } of view.topology.clusters)
      for (const what of Object.keys(this.#looks) as Part[])
        loop(() => this.#attempt(what, name), { everyMs: intervals[what], signal });
    this.#lookAtChecks = loop(() => this.#checks(), { everyMs: intervals.checks, signal });
  }

  /** Look at everything once; what the checks come to may be given. */
  async once(checked?: Promise<CheckedMesh>): Promise<void> {
    const names = this.#options.view.topology.clusters.map(({ name }) => name);
    const given = checked?.then((one) => this.#given(one)).catch(this.#unchecked);
    const each = (what: Part) => Promise.all(names.map((name) => this.#attempt(what, name)));
    await each('status');
    // Twice: only what every cluster has tells what one of them should know.
    await each('endpoints');
    await Promise.all([
      each('endpoints'),
      each('trust'),
      each('versions'),
      each('drills'),
      given ?? this.#checks(),
    ]);
  }

  /** Endpoints of a service as a cluster's caller has them, also where the state leaves them out. */
  endpointsOf(cluster: string, service: string): readonly EndpointRow[] | undefined {
    const row = this.#endpoints.get(cluster)?.services.find((one) => one.service === service);
    return row && cleaned(row.endpoints);
  }

  async #attempt(what: Part, cluster: string): Promise<void> {
    const { signal, store } = this.#options;
    const key = `${what === 'status' ? 'cluster' : what}/${cluster}`;
    const silent = what === 'status' ? undefined : this.#silence(cluster);
    if (silent) return what === 'drills' ? undefined : store.fail(key, silent);
    try {
      await this.#looks[what](cluster, AbortSignal.any([signal, AbortSignal.timeout(lookMs)]));
    } catch (error) {
      if (signal.aborted || what === 'drills') return;
      store.fail(key, isIsthmusError(error) ? `${error.code} ${error.message}` : messageOf(error));
    }
  }

  /** Why nothing can be learned of a cluster now. */
  #silence(cluster: string): string | undefined {
    const { unseen, state } = this.#options.store.get(`cluster/${cluster}`)?.now ?? {};
    return unseen?.message ?? (state === 'absent' ? 'there is no such cluster' : undefined);
  }

  async #status(cluster: string): Promise<void> {
    const { view, store } = this.#options;
    const status = await view.status(cluster);
    store.put(`cluster/${cluster}`, cardOf(status, store.entry(`cluster/${cluster}`)));
    const before = this.#states.get(cluster);
    const state = essence(status);
    this.#states.set(cluster, state);
    // What the quick look sees is what the thorough one should explain at once.
    if (before !== undefined && before !== state) this.#lookAtChecks();
  }

  async #endpointsLook(cluster: string, signal: AbortSignal): Promise<void> {
    const { view, store } = this.#options;
    const seen = await view.endpoints(cluster, signal);
    this.#endpoints.set(cluster, seen);
    store.put(`endpoints/${cluster}`, trimmed(seen));
  }

  async #trust(cluster: string, signal: AbortSignal): Promise<void> {
    const { view, store } = this.#options;
    store.put(`trust/${cluster}`, await view.trust(cluster, signal));
    const views = store.keys('trust/').flatMap((key) => store.get(key as `trust/${string}`) ?? []);
    const state = rotationState(views);
    if (state) store.put('rotation', state);
  }

  async #versions(cluster: string, signal: AbortSignal): Promise<void> {
    const { view, store } = this.#options;
    store.put(`versions/${cluster}`, await view.versions(cluster, signal));
  }

  async #drillsLook(cluster: string, signal: AbortSignal): Promise<void> {
    const { view, store } = this.#options;
    this.#drills.set(cluster, await view.drill(cluster, signal));
    const all = [...this.#drills].flatMap(([name, drill]) => (drill ? [{ name, drill }] : []));
    const runs = groupBy(all, ({ drill }) => drill.run);
    for (const key of store.keys('drill/')) if (!runs.has(key.slice('drill/'.length))) store.remove(key);
    for (const [run, members] of runs)
      for (const { drill } of members.slice(0, 1))
        store.put(`drill/${run}`, { ...drill, clusters: members.map(({ name }) => name) });
  }

  async #checks(): Promise<void> {
    const { view, signal } = this.#options;
    const reporter: Reporter = { emit: (event) => this.#take(event) };
    // What a check meets is its result; that there is none at all is said at the top of the page.
    await view.check([], { reporter, signal }).catch(this.#unchecked);
  }

  #given({ results, traffic }: CheckedMesh): void {
    for (const result of results) this.#take({ type: 'check-result', time: Date.now(), result });
    for (const figures of traffic) this.#take({ type: 'traffic-measured', time: Date.now(), figures });
  }

  readonly #unchecked = (error: unknown): void => {
    const { store, signal } = this.#options;
    if (!signal.aborted) store.fail('mesh', `the checks could not be run: ${messageOf(error)}`);
  };

  #take(event: Event): void {
    const { store } = this.#options;
    if (event.type === 'traffic-measured') store.put(`traffic/${event.figures.from}`, event.figures);
    if (event.type !== 'check-result') return;
    const { id, subject = 'mesh' } = event.result;
    store.put(`check/${id}/${subject}`, event.result);
  }
}

function cardOf(status: ClusterStatus, before: Entry<'cluster'> | undefined): ClusterCard {
  const now = JSON.parse(JSON.stringify(status)) as Json<ClusterStatus>;
  if (!status.unseen) return { now };
  const known = before?.value;
  const last = known && !known.now.unseen ? { at: before.observed, status: known.now } : known?.last;
  return last ? { now, last } : { now };
}

/** A status without what differs between two looks at the same state. */
const essence = ({ detail: _, ...status }: ClusterStatus): string => JSON.stringify(status);
