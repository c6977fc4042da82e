import {
  type AuthoritySource,
  authorityForPeers,
  authoritySource,
  type ClusterLocal,
  clusterLocalOf,
  configsOf,
  type GatewayAddresses,
  type IstiodRevision,
  istiodMetrics,
  istiodRevisions,
  istioOf,
  type MeshConfig,
  type MeshNetworks,
  observeService,
  type RevisionConfig,
  type RunningPod,
  runningIstiods,
  runningPods,
  SAMPLE_NAMESPACE,
  type ServiceObservation,
  type ServiceRef,
} from '../../istio/index.ts';
import {
  type Deployment,
  type KubeObject,
  type MutatingWebhookConfiguration,
  type NodeClock,
  nodeClocks,
  type Service,
} from '../../kubernetes/index.ts';
import type { LoadBalancer, MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import type { CheckContext } from '../engine/check-context.ts';
import { RollOuts } from '../engine/rollout.ts';
import { FreshRead, type ReadAge } from './fresh-read.ts';
import { type GatewayFacts, observeGateways } from './gateway-facts.ts';
import { type Handshakes, probeGateways } from './handshakes.ts';
import { knownGateways } from './known-gateways.ts';
import { sampleService } from './sample-service.ts';
import { servedKinds } from './served-kinds.ts';
import { findSharedService } from './shared-service.ts';

/**
 * What several checks want to know, fetched when first asked for and once in a round, so that all
 * of them judge the same state. A failed fetch fails everyone who asks.
 */
export class Facts {
  /** One look alone asks, a second time, so that it is not worth while to find out for others as well. */
  readonly alone: boolean;
  readonly rollOuts: RollOuts;
  readonly #context: CheckContext;
  readonly #memory = new Map<string, Promise<unknown>>();
  readonly #services = new Map<string, FreshRead<ServiceObservation>>();

  constructor(context: CheckContext, { alone = false } = {}) {
    this.alone = alone;
    this.#context = context;
    this.rollOuts = new RollOuts(context);
  }

  /** What is read of a cluster, by the words that whoever else asks for the same calls it by. */
  once<T>(cluster: MeshCluster, what: string, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const key = `${cluster.spec.name}\0${what}`;
    const known = this.#memory.get(key) as Promise<T> | undefined;
    if (known) return known;
    const fetched = read(this.#context.signal);
    this.#memory.set(key, fetched);
    return fetched;
  }

  #list<T extends KubeObject>(
    cluster: MeshCluster,
    kind: [string, string],
    labelSelector: string,
  ): Promise<T[]> {
    return this.once(cluster, `${kind.join(' ')} ${labelSelector}`, (signal) =>
      cluster.kube.list<T>(kind[0], kind[1], { labelSelector, signal }),
    );
  }

  /** Every object of a kind, in whatever namespace. */
  objects<T extends KubeObject>(cluster: MeshCluster, apiVersion: string, kind: string): Promise<T[]> {
    return this.#list<T>(cluster, [apiVersion, kind], '');
  }

  /** Kubernetes version, such as `v1.36.3`. */
  version(cluster: MeshCluster): Promise<string> {
    return this.once(cluster, 'version', (signal) => cluster.kube.version({ signal, timeoutMs: 5000 }));
  }

  /** Does its API server serve this kind? A list of one that it does not serve is just empty. */
  async hasKind(cluster: MeshCluster, apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#kinds(cluster, apiVersion)).has(kind);
  }

  #kinds(cluster: MeshCluster, apiVersion: string): Promise<ReadonlySet<string>> {
    return this.once(cluster, `kinds of ${apiVersion}`, (signal) =>
      servedKinds(cluster.kube, apiVersion, signal),
    );
  }

  /** Does its API server answer? Checks that ask several clusters leave silent ones to their own result. */
  answers(cluster: MeshCluster): Promise<boolean> {
    return this.version(cluster).then(
      () => true,
      () => false,
    );
  }

  /** As {@link authorityForPeers}, read once however many clusters hold a remote secret of this one. */
  authorityForPeers(cluster: MeshCluster): Promise<string | undefined> {
    return this.once(cluster, 'authority for peers', () => authorityForPeers(cluster, this.#context.signal));
  }

  /** Deployments of the mesh's istiod, one for each revision. */
  async istiodDeployments(cluster: MeshCluster): Promise<Deployment[]> {
    const own = istioNamespaceOf(cluster.spec);
    return (await this.#istiodsAnywhere(cluster)).filter(({ metadata }) => metadata?.namespace === own);
  }

  /** Those in other namespaces, which are of other meshes. */
  async otherIstiods(cluster: MeshCluster): Promise<Deployment[]> {
    const own = istioNamespaceOf(cluster.spec);
    return (await this.#istiodsAnywhere(cluster)).filter(({ metadata }) => metadata?.namespace !== own);
  }

  #istiodsAnywhere(cluster: MeshCluster): Promise<Deployment[]> {
    return this.#list(cluster, ['apps/v1', 'Deployment'], 'app=istiod');
  }

  /** Mesh configuration of every revision; never empty. */
  async meshConfigs(cluster: MeshCluster): Promise<MeshConfig[]> {
    return (await this.revisionConfigs(cluster)).map(({ config }) => config);
  }

  /** As {@link meshConfigs}, with the revision's name. */
  revisionConfigs(cluster: MeshCluster): Promise<RevisionConfig[]> {
    return this.once(cluster, 'mesh configs', async (signal) =>
      configsOf(istioOf(cluster), await this.istiodRevisions(cluster), { signal }),
    );
  }

  /** Every istiod Deployment and what it was told; empty without any. */
  istiodRevisions(cluster: MeshCluster): Promise<IstiodRevision[]> {
    return this.once(cluster, 'revisions', (signal) => istiodRevisions(istioOf(cluster), { signal }));
  }

  /** What the clocks of its nodes said last. */
  nodeClocks(cluster: MeshCluster): Promise<NodeClock[]> {
    return this.once(cluster, 'clocks', (signal) => nodeClocks(cluster.kube, { signal }));
  }

  /** istiod's pods that run, ready ones first. */
  istiods(cluster: MeshCluster): Promise<RunningPod[]> {
    return this.once(cluster, 'istiods', (signal) => runningIstiods(cluster, { signal }));
  }

  /** What one of its istiods says of itself, as Prometheus text. */
  istiodMetrics(cluster: MeshCluster, pod: string): Promise<string> {
    return this.once(cluster, `metrics ${pod}`, (signal) => istiodMetrics(cluster, pod, { signal }));
  }

  /** The webhooks by which istiods of all revisions and tags put sidecars into pods. */
  injectors(cluster: MeshCluster): Promise<MutatingWebhookConfiguration[]> {
    const kind: [string, string] = ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'];
    return this.#list(cluster, kind, 'app=sidecar-injector');
  }

  /** Running pods of the samples, by their `app` label; newer Istio calls its sleep curl. */
  samplePods(cluster: MeshCluster, app: 'sleep' | 'helloworld'): Promise<RunningPod[]> {
    const { signal } = this.#context;
    const labelSelector = app === 'sleep' ? 'app in (sleep,curl)' : `app=${app}`;
    return this.once(cluster, `pods ${app}`, () =>
      runningPods(cluster, { namespace: SAMPLE_NAMESPACE, labelSelector, signal }),
    );
  }

  /** Who signs for the cluster's proxies. */
  authority(cluster: MeshCluster): Promise<AuthoritySource> {
    return this.once(cluster, 'authority', () => authoritySource(cluster, this.#context));
  }

  /** What its istiods are told to keep in the cluster, by revision. */
  async clusterLocal(cluster: MeshCluster): Promise<ClusterLocal[]> {
    return (await this.meshConfigs(cluster)).map(clusterLocalOf);
  }

  /** Networks and gateways that its istiods are told of beside labels; of several revisions the first's. */
  async meshNetworks(cluster: MeshCluster): Promise<MeshNetworks> {
    return (await this.revisionConfigs(cluster))[0]?.networks ?? { stated: [] };
  }

  /** Everything of the cluster's east-west gateways. */
  gateways(cluster: MeshCluster): Promise<GatewayFacts> {
    return this.once(cluster, 'gateways', async () =>
      observeGateways(cluster, { ...this.#context, networks: await this.meshNetworks(cluster) }),
    );
  }

  /**
   * What a cluster has of a service, for checks that compare it with what proxies hold at the same moment: not
   * remembered unless {@link ReadAge} allows it, but read once for all that ask together. Where nodes and gateways
   * are is.
   */
  service(cluster: MeshCluster, service: ServiceRef, age: ReadAge): Promise<ServiceObservation> {
    const key = `${cluster.spec.name}\0${service.namespace}/${service.name}`;
    const nodes = () => this.objects(cluster, 'v1', 'Node');
    const gateways = () => this.gatewayAddresses(cluster);
    const { signal } = this.#context;
    const read = () => observeService(cluster, service, { nodes: nodes(), gateways: gateways(), signal });
    const reads = this.#services.get(key) ?? new FreshRead(read);
    this.#services.set(key, reads);
    return reads.get(age);
  }

  /** Where other networks come into the cluster, and where its own istiod sends what goes to them. */
  gatewayAddresses(cluster: MeshCluster): Promise<GatewayAddresses> {
    return this.once(cluster, 'gateway addresses', () =>
      knownGateways(cluster, { ...this.#context, facts: this }),
    );
  }

  /** The samples' server as the cluster has it, without what is behind it. */
  sampleService(cluster: MeshCluster): Promise<Service | undefined> {
    const { signal } = this.#context;
    const { namespace, name } = sampleService;
    const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
    return this.once(cluster, 'sample service', () => cluster.kube.get<Service>(ref, { signal }));
  }

  /** What came back from the other networks' gateways, all of which a cluster's pod probes at once. */
  handshakes(from: MeshCluster): Promise<Handshakes> {
    return this.once(from, 'handshakes', () => probeGateways(from, { ...this.#context, facts: this }));
  }

  /** The service by which the way between clusters is looked at; undefined if there is none. */
  testedService(): Promise<ServiceRef | undefined> {
    if (this.#context.topology.samples) return Promise.resolve(sampleService);
    const [first] = this.#context.clusters;
    if (!first) return Promise.resolve(undefined);
    return this.once(first, 'shared service', () => findSharedService(this.#context));
  }

  loadBalancers(cluster: MeshCluster): Promise<readonly LoadBalancer[]> {
    return this.once(cluster, 'load balancers', () => this.#context.loadBalancers(cluster.spec.name));
  }
}
