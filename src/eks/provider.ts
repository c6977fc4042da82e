import { IsthmusError, isIsthmusError } from '../errors/index.ts';
import { createClient, type KubeConnection } from '../kubernetes/index.ts';
import type {
  ClusterProvider,
  ExecPlugin,
  Leftover,
  LoadBalancer,
  ProviderContext,
} from '../provider/index.ts';
import { note, span } from '../report/index.ts';
import type { ClusterSpec, EksClusterSpec } from '../topology/index.ts';
import type { AwsAccount } from './aws/account.ts';
import { eksClusters, Places } from './aws/aws-accounts.ts';
import type { CredentialSource, Place } from './aws/credentials.ts';
import { traitsOf } from './capabilities.ts';
import { balancedServices, podsByAddress } from './load-balancers/balanced-services.ts';
import { viewLoadBalancers } from './load-balancers/load-balancers.ts';
import { clusterTag, meshTag, stackName } from './names.ts';
import { unmetOf } from './plan/requirements.ts';
import { waitForApiServer } from './sign-in/api-server.ts';
import { connect } from './sign-in/connection.ts';
import { observeCluster } from './stack/observe.ts';
import { stackLog } from './stack/stack-log.ts';
import { listStacks } from './stack/stack-state.ts';

export interface EksProviderOptions {
  /** Instead of the SDK's chain of environment, profiles, SSO, containers and instances. */
  readonly credentials?: ((place: Place) => CredentialSource) | undefined;
  /** Milliseconds between looks at CloudFormation; 2000 by default. */
  readonly pollMs?: number | undefined;
  /** Milliseconds that load balancers may take to go before a stack is deleted; five minutes by default. */
  readonly loadBalancerMs?: number | undefined;
  /** Milliseconds that a new API server may take to answer; ten minutes by default. */
  readonly apiServerMs?: number | undefined;
}

/**
 * Clusters on Amazon EKS in Auto Mode: one CloudFormation stack each, in any region and account that
 * the file names. Every call honours AWS_ENDPOINT_URL.
 */
export function eksProvider(options: EksProviderOptions = {}): ClusterProvider {
  return new EksProvider(options);
}

class EksProvider implements ClusterProvider {
  readonly name = 'eks';
  readonly #options: EksProviderOptions;
  readonly #places: Places;
  readonly #pollMs: number;

  constructor(options: EksProviderOptions) {
    this.#options = options;
    this.#places = new Places(options.credentials);
    this.#pollMs = options.pollMs ?? 2000;
  }

  async unmet({ topology }: ProviderContext, clusters: readonly ClusterSpec[]): Promise<readonly Error[]> {
    const found = await Promise.all(
      eksClusters(clusters).map((spec) => unmetOf(topology, spec, this.#places.of(spec))),
    );
    const byMessage = new Map(found.flat().map((error) => [error.message, error]));
    return [...byMessage.values()];
  }

  traits(cluster: ClusterSpec) {
    return traitsOf(ours(cluster));
  }

  async plan(context: ProviderContext, clusters: readonly ClusterSpec[]) {
    const { planMesh } = await import('./plan/plan.ts');
    const wanted = eksClusters(clusters);
    return span(context.reporter, { title: 'compare stacks' }, (handle) =>
      planMesh({ context, wanted, places: this.#places, handle, pollMs: this.#pollMs }),
    );
  }

  async notes({ topology }: ProviderContext): Promise<readonly string[]> {
    const { planNotes } = await import('./plan/plan-notes.ts');
    return planNotes(topology);
  }

  async ensure(context: ProviderContext, cluster: ClusterSpec): Promise<boolean> {
    const spec = ours(cluster);
    const account = this.#places.of(spec);
    const what = { title: `stack ${stackName(context.topology.name, spec.name)}`, cluster: spec.name };
    const { deployStack } = await import('./stack/deploy.ts');
    const { warnOfDrift } = await import('./stack/drift.ts');
    await account.requireAccount(spec.name, spec.account);
    return span(context.reporter, what, async (handle) => {
      const { topology, signal } = context;
      const work = { topology, spec, account, handle, signal, pollMs: this.#pollMs };
      const { changed, created } = await deployStack(work);
      const kube = createClient(await this.connection(context, spec));
      const timeoutMs = this.#options.apiServerMs ?? 600_000;
      const answering = waitForApiServer({ kube, cluster: spec.name, handle, signal, timeoutMs });
      await Promise.all([answering, created ? undefined : warnOfDrift(work)]);
      if (!changed) handle.ends('unchanged');
      return changed;
    });
  }

  async observe({ topology }: ProviderContext, cluster: ClusterSpec) {
    const spec = ours(cluster);
    return observeCluster(topology, spec, this.#places.of(spec));
  }

  async connection(
    { topology }: ProviderContext,
    cluster: ClusterSpec,
    plugin?: ExecPlugin,
  ): Promise<KubeConnection> {
    const spec = ours(cluster);
    return connect({
      cluster: spec.name,
      eksName: stackName(topology.name, spec.name),
      account: this.#places.of(spec),
      plugin,
    });
  }

  async loadBalancers(context: ProviderContext, cluster: ClusterSpec): Promise<readonly LoadBalancer[]> {
    const spec = ours(cluster);
    return viewLoadBalancers({
      cluster: spec.name,
      eksName: stackName(context.topology.name, spec.name),
      account: this.#places.of(spec),
      ...(await this.#balanced(context, spec)),
    });
  }

  /** What the cluster itself says of its load balancers; nothing if it does not answer, since AWS still does. */
  async #balanced(context: ProviderContext, spec: EksClusterSpec) {
    const { reporter, signal } = context;
    try {
      const kube = createClient(await this.connection(context, spec));
      const services = await balancedServices(kube, signal);
      return { services, pods: await podsByAddress(kube, services, signal) };
    } catch (error) {
      if (!isIsthmusError(error) || error.code !== 'CLUSTER_UNREACHABLE') throw error;
      note(reporter, 'warn', error.code, `${error.message}; its load balancers are known from AWS alone`, {
        cluster: spec.name,
      });
      return { services: [], pods: new Map<string, never>() };
    }
  }

  async collectLogs({ topology }: ProviderContext, cluster: ClusterSpec) {
    const spec = ours(cluster);
    return [await stackLog(this.#places.of(spec), stackName(topology.name, spec.name))];
  }

  async render({ topology }: ProviderContext, cluster: ClusterSpec) {
    const { withAssembly } = await import('./template/assembly.ts');
    const spec = ours(cluster);
    return withAssembly(topology, spec, async (_, template) => [
      { path: `${spec.name}/0-cloudformation.json`, content: `${JSON.stringify(template, null, 2)}\n` },
    ]);
  }

  async list({ topology }: ProviderContext): Promise<readonly string[]> {
    const stacks = await Promise.all(this.#places.all(topology).map((account) => listStacks(account)));
    const names = stacks
      .flat()
      .filter(({ state }) => state.tags[meshTag] === topology.name)
      .map(({ state }) => state.tags[clusterTag] ?? '');
    return [...new Set(names)].sort();
  }

  async allowRemoval(context: ProviderContext, cluster: string): Promise<void> {
    const { requireUnprotected } = await import('./stack/delete.ts');
    const stack = stackName(context.topology.name, cluster);
    const places = this.#candidates(context, cluster);
    await Promise.all(places.map((account) => requireUnprotected(account, stack)));
  }

  async remove(context: ProviderContext, cluster: string): Promise<void> {
    const { topology, reporter, signal } = context;
    const stack = stackName(topology.name, cluster);
    const { removeCluster } = await import('./stack/remove.ts');
    const loadBalancerMs = this.#options.loadBalancerMs ?? 300_000;
    await span(reporter, { title: `stack ${stack}`, cluster }, async (handle) => {
      const removed = await Promise.all(
        this.#candidates(context, cluster).map((account) =>
          removeCluster({ account, stack, handle, signal, pollMs: this.#pollMs, loadBalancerMs }),
        ),
      );
      if (!removed.includes(true)) handle.ends('unchanged');
    });
  }

  /** Where a cluster may be: its own place, or every place of the file once it is no longer in it. */
  #candidates({ topology }: ProviderContext, cluster: string): AwsAccount[] {
    const spec = eksClusters(topology.clusters).find(({ name }) => name === cluster);
    return spec ? [this.#places.of(spec)] : this.#places.all(topology);
  }

  async audit({ topology }: ProviderContext): Promise<readonly Leftover[]> {
    const { auditPlace } = await import('./audit/audit.ts');
    const places = this.#places.all(topology);
    const found = await Promise.all(places.map((account) => auditPlace({ mesh: topology.name, account })));
    return found.flat();
  }
}

function ours(cluster: ClusterSpec): EksClusterSpec {
  if (cluster.provider === 'eks') return cluster;
  throw new IsthmusError('BUG', `cluster ${cluster.name} of provider ${cluster.provider} given to eks`);
}
