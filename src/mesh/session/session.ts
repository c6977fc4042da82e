import type { IsthmusError } from '../../errors/index.ts';
import { createClient } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type {
  ClusterCapabilities,
  ClusterOutages,
  ClusterProvider,
  LoadBalancer,
  MeshCluster,
  ProviderContext,
} from '../../provider/index.ts';
import type { Reporter } from '../../report/index.ts';
import { ensureAwsPackages } from '../../toolchain/index.ts';
import type { ClusterSpec, ProviderName, Topology } from '../../topology/index.ts';

/** What every operation on a mesh takes. */
export interface Operation {
  readonly topology: Topology;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Agree that what a cluster stands on may be replaced; `up` refuses it otherwise. */
  readonly allowReplacement?: boolean | undefined;
  /** Of an encrypted root key, where neither the mesh file nor the environment gives it. */
  readonly passphrase?: string | undefined;
  /** Providers to use instead of the usual ones; a rehearsal puts its own here. */
  readonly providers?: Partial<ProviderLoaders>;
}

/** The right to change a mesh, in which a cluster has its share once it can be reached. */
interface WorkLease {
  join(cluster: MeshCluster): Promise<void>;
}

type ProviderLoaders = Record<ProviderName, () => Promise<ClusterProvider>>;

const loaders: ProviderLoaders = {
  local: async () => (await import('../../local/index.ts')).localProvider(),
  eks: async () => (await import('../../eks/index.ts')).eksProvider(),
  existing: async () => (await import('../../existing/index.ts')).existingProvider(),
};

/**
 * One operation's view of a mesh: its providers, loaded only when the file names them, and one
 * client per cluster.
 */
export class Session {
  readonly context: ProviderContext & Pick<Operation, 'passphrase'>;
  readonly #loaders: ProviderLoaders;
  readonly #providers = new Map<ProviderName, Promise<ClusterProvider>>();
  readonly #clusters = new Map<string, Promise<MeshCluster>>();
  readonly #stop = new AbortController();
  /** Held while the mesh is changed. */
  lease: WorkLease | undefined;

  constructor(operation: Operation) {
    const signal = AbortSignal.any([operation.signal, this.#stop.signal]);
    this.context = { ...operation, signal };
    this.#loaders = { ...loaders, ...operation.providers };
  }

  /** End what the session is at; what it throws then is this error. */
  stop(error: IsthmusError): void {
    this.#stop.abort(error);
  }

  /** Why it was stopped; undefined if it was not. */
  get stopped(): IsthmusError | undefined {
    return this.#stop.signal.aborted ? (this.#stop.signal.reason as IsthmusError) : undefined;
  }

  get topology(): Topology {
    return this.context.topology;
  }

  /** The same session for another reporter, so that what happens nests under its span. */
  contextFor(reporter: Reporter): ProviderContext {
    return { ...this.context, reporter };
  }

  /** One that could not be loaded is loaded anew when it is asked for again. */
  provider(name: ProviderName): Promise<ClusterProvider> {
    const known = this.#providers.get(name);
    if (known) return known;
    const loading = this.#load(name);
    this.#providers.set(name, loading);
    loading.catch(() => this.#providers.delete(name));
    return loading;
  }

  async #load(name: ProviderName): Promise<ClusterProvider> {
    if (name === 'eks') await ensureAwsPackages(this.context);
    return this.#loaders[name]();
  }

  /** Every provider that the file names, with its clusters. */
  providers(): Promise<{ provider: ClusterProvider; clusters: readonly ClusterSpec[] }[]> {
    return this.#providersNamed(this.topology.clusters.map((cluster) => cluster.provider));
  }

  /**
   * Those that may have clusters of the mesh: the file's, and `local`, which alone needs nothing of the
   * file to tell of the last one that was taken out of it.
   */
  providersWithClusters(): Promise<{ provider: ClusterProvider; clusters: readonly ClusterSpec[] }[]> {
    return this.#providersNamed([...this.topology.clusters.map((cluster) => cluster.provider), 'local']);
  }

  async #providersNamed(all: readonly ProviderName[]) {
    const names = [...new Set(all)];
    return Promise.all(
      names.map(async (name) => ({
        provider: await this.provider(name),
        clusters: this.topology.clusters.filter((cluster) => cluster.provider === name),
      })),
    );
  }

  /** Throws CLUSTER_UNREACHABLE if the cluster does not exist yet. */
  cluster(spec: ClusterSpec): Promise<MeshCluster> {
    const known = this.#clusters.get(spec.name) ?? this.#connect(spec);
    this.#clusters.set(spec.name, known);
    known.catch(() => this.#clusters.delete(spec.name));
    return known;
  }

  /** What the mesh code must know of a cluster, as far as it is decided by now. */
  async capabilities(spec: ClusterSpec): Promise<ClusterCapabilities> {
    const provider = await this.provider(spec.provider);
    const stated = provider.capabilities(spec);
    const proxy = await provider.proxyOf?.(this.context, spec);
    return proxy ? { ...stated, proxy } : stated;
  }

  /** What the cluster's provider has of load balancers; none for a cluster that the file does not have. */
  async loadBalancers(name: string): Promise<readonly LoadBalancer[]> {
    const spec = this.topology.clusters.find((cluster) => cluster.name === name);
    return spec ? (await this.provider(spec.provider)).loadBalancers(this.context, spec) : [];
  }

  async #connect(spec: ClusterSpec): Promise<MeshCluster> {
    const provider = await this.provider(spec.provider);
    const connection = await provider.connection(this.context, spec);
    const kube = createClient(connection);
    const outages = this.#outages(provider, spec);
    return { spec, kube, capabilities: await this.capabilities(spec), outages };
  }

  /** What is undone when nobody waits for it any more has a signal of its own. */
  #outages({ outages }: ClusterProvider, spec: ClusterSpec): ClusterOutages | undefined {
    return (
      outages && {
        begin: (part, signal) => outages.begin({ ...this.context, signal }, spec, part),
        end: (signal) => outages.end({ ...this.context, signal }, spec),
      }
    );
  }
}

/**
 * Work on all clusters at once and wait for every one, so that a failing cluster never leaves the
 * others half-way. Several failures become one error that names each.
 */
export async function forEachCluster<C extends { readonly name: string }, T>(
  clusters: readonly C[],
  work: (cluster: C) => Promise<T>,
): Promise<T[]> {
  return allOf(clusters.map(work), { names: clusters.map(({ name }) => name), things: 'clusters' });
}
