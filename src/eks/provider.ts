import type { AwsAccount, AwsTarget, CredentialSource } from '../aws/index.ts';
import { IsthmusError } from '../errors/index.ts';
import { createClient, type KubeConnection } from '../kubernetes/index.ts';
import { allOf } from '../process/index.ts';
import type {
  ClusterProvider,
  ExecPlugin,
  Leftover,
  LoadBalancer,
  ProviderContext,
} from '../provider/index.ts';
import { type SpanHandle, span } from '../report/index.ts';
import type { ClusterSpec, EksClusterSpec } from '../topology/index.ts';
import { AwsAccounts, eksClusters } from './aws-accounts.ts';
import { capabilitiesOf } from './capabilities.ts';
import { balancedOf } from './load-balancers/balanced-services.ts';
import { viewLoadBalancers } from './load-balancers/load-balancers.ts';
import { clusterTag, meshTag, stackName } from './names.ts';
import { missingEksRequirements } from './plan/requirements.ts';
import { waitForApiServer } from './sign-in/api-server.ts';
import { eksConnection } from './sign-in/connection.ts';
import { observeEksCluster } from './stack/observe.ts';
import { peersSendFrom, sendsFrom } from './stack/sends-from.ts';
import { stackLog } from './stack/stack-log.ts';
import { listStacks, observeStack } from './stack/stack-state.ts';
import type { StackWork } from './stack/stack-work.ts';
import { admitsPeers } from './template/parameters.ts';

export interface EksProviderOptions {
  /** Instead of the SDK's chain of environment, profiles, SSO, containers and instances. */
  readonly credentials?: ((target: AwsTarget) => CredentialSource) | undefined;
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
  readonly #accounts = new WeakMap<AbortSignal, AwsAccounts>();
  readonly #pollMs: number;

  constructor(options: EksProviderOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? 2000;
  }

  /** Accounts whose calls end when the operation is interrupted. */
  #accountsOf({ signal }: Pick<ProviderContext, 'signal'>): AwsAccounts {
    const known = this.#accounts.get(signal) ?? new AwsAccounts(this.#options.credentials, signal);
    this.#accounts.set(signal, known);
    return known;
  }

  async missingRequirements(
    context: ProviderContext,
    clusters: readonly ClusterSpec[],
  ): Promise<readonly Error[]> {
    const accounts = this.#accountsOf(context);
    const found = await Promise.all(
      eksClusters(clusters).map((spec) => missingEksRequirements(context.topology, spec, accounts.of(spec))),
    );
    const byMessage = new Map(found.flat().map((error) => [error.message, error]));
    return [...byMessage.values()];
  }

  capabilities(cluster: ClusterSpec) {
    return capabilitiesOf(ours(cluster));
  }

  async plan(context: ProviderContext, clusters: readonly ClusterSpec[]) {
    const { planStacks } = await import('./plan/plan.ts');
    const wanted = eksClusters(clusters);
    return span(context.reporter, { title: 'compare stacks' }, (handle) =>
      planStacks({
        topology: context.topology,
        wanted: wanted.map((spec) => this.#work(context, spec, handle)),
        accounts: this.#accountsOf(context),
      }),
    );
  }

  async notes({ topology }: ProviderContext): Promise<readonly string[]> {
    const { planNotes } = await import('./plan/plan-notes.ts');
    return planNotes(topology);
  }

  async ensure(context: ProviderContext, cluster: ClusterSpec): Promise<boolean> {
    const spec = ours(cluster);
    const account = this.#accountsOf(context).of(spec);
    const what = { title: `stack ${stackName(context.topology.name, spec.name)}`, cluster: spec.name };
    const { deployStack } = await import('./stack/deploy.ts');
    const { warnOfDrift } = await import('./stack/drift.ts');
    await account.requireAccount(spec.name, spec.account);
    return span(context.reporter, what, async (handle) => {
      const { signal } = context;
      const work = this.#work(context, spec, handle);
      const { changed, created } = await deployStack(work);
      const kube = createClient(await this.connection(context, spec));
      const timeoutMs = this.#options.apiServerMs ?? 600_000;
      const answering = waitForApiServer({ kube, cluster: spec.name, handle, signal, timeoutMs });
      await allOf([answering, created ? undefined : warnOfDrift(work)]);
      if (!changed) handle.ends('unchanged');
      return changed;
    });
  }

  async admitPeers(context: ProviderContext, cluster: ClusterSpec): Promise<boolean> {
    const spec = ours(cluster);
    if (!admitsPeers(spec)) return false;
    const what = {
      title: `peers of stack ${stackName(context.topology.name, spec.name)}`,
      cluster: spec.name,
    };
    const { deployStack } = await import('./stack/deploy.ts');
    return span(context.reporter, what, async (handle) => {
      const { changed } = await deployStack(this.#work(context, spec, handle));
      if (!changed) handle.ends('unchanged');
      return changed;
    });
  }

  #work(context: ProviderContext, spec: EksClusterSpec, handle: SpanHandle): StackWork {
    const { topology, signal } = context;
    const accounts = this.#accountsOf(context);
    return {
      topology,
      spec,
      account: accounts.of(spec),
      handle,
      signal,
      pollMs: this.#pollMs,
      peersSendFrom: () => peersSendFrom(topology, spec, accounts),
    };
  }

  async observe(context: ProviderContext, cluster: ClusterSpec) {
    const spec = ours(cluster);
    return observeEksCluster(context.topology, spec, this.#accountsOf(context).of(spec));
  }

  async connection(
    context: ProviderContext,
    cluster: ClusterSpec,
    plugin?: ExecPlugin,
  ): Promise<KubeConnection> {
    const spec = ours(cluster);
    return eksConnection({
      cluster: spec.name,
      eksName: stackName(context.topology.name, spec.name),
      account: this.#accountsOf(context).of(spec),
      plugin,
    });
  }

  async loadBalancers(context: ProviderContext, cluster: ClusterSpec): Promise<readonly LoadBalancer[]> {
    const spec = ours(cluster);
    const stack = stackName(context.topology.name, spec.name);
    const account = this.#accountsOf(context).of(spec);
    return viewLoadBalancers({
      cluster: spec.name,
      eksName: stack,
      account,
      vpcId: spec.vpcId ?? (await observeStack(account, stack)).outputs['VpcId'],
      ...(await balancedOf(context, spec, () => this.connection(context, spec))),
    });
  }

  async sendsFrom(context: ProviderContext, cluster: ClusterSpec, over: 'internet' | 'private') {
    const spec = ours(cluster);
    const stack = stackName(context.topology.name, spec.name);
    return sendsFrom({ account: this.#accountsOf(context).of(spec), spec, stack, over });
  }

  async collectLogs(context: ProviderContext, cluster: ClusterSpec) {
    const spec = ours(cluster);
    const account = this.#accountsOf(context).of(spec);
    return [await stackLog(account, stackName(context.topology.name, spec.name))];
  }

  async render({ topology }: ProviderContext, cluster: ClusterSpec) {
    const { withAssembly } = await import('./template/assembly.ts');
    const spec = ours(cluster);
    return withAssembly(topology, spec, async (_, template) => [
      { path: `${spec.name}/0-cloudformation.json`, content: `${JSON.stringify(template, null, 2)}\n` },
    ]);
  }

  async list(context: ProviderContext): Promise<readonly string[]> {
    const { topology } = context;
    const accounts = this.#accountsOf(context).all(topology);
    const stacks = await Promise.all(accounts.map((account) => listStacks(account)));
    const names = stacks
      .flat()
      .filter(({ state }) => state.tags[meshTag] === topology.name)
      .map(({ state }) => state.tags[clusterTag] ?? '');
    return [...new Set(names)].sort();
  }

  async allowRemoval(context: ProviderContext, cluster: string): Promise<void> {
    const { requireUnprotected } = await import('./stack/delete.ts');
    const stack = stackName(context.topology.name, cluster);
    const accounts = this.#candidates(context, cluster);
    await Promise.all(accounts.map((account) => requireUnprotected(account, stack)));
  }

  async remove(context: ProviderContext, cluster: string): Promise<void> {
    const { topology, reporter, signal } = context;
    const stack = stackName(topology.name, cluster);
    const { removeEksCluster } = await import('./stack/remove.ts');
    const loadBalancerMs = this.#options.loadBalancerMs ?? 300_000;
    await span(reporter, { title: `stack ${stack}`, cluster }, async (handle) => {
      const removed = await allOf(
        this.#candidates(context, cluster).map((account) =>
          removeEksCluster({ account, stack, handle, signal, pollMs: this.#pollMs, loadBalancerMs }),
        ),
      );
      if (!removed.includes(true)) handle.ends('unchanged');
    });
  }

  /** Where a cluster may be: its own place, or every place of the file once it is no longer in it. */
  #candidates(context: ProviderContext, cluster: string): AwsAccount[] {
    const { topology } = context;
    const accounts = this.#accountsOf(context);
    const spec = eksClusters(topology.clusters).find(({ name }) => name === cluster);
    return spec ? [accounts.of(spec)] : accounts.all(topology);
  }

  async audit(context: ProviderContext): Promise<readonly Leftover[]> {
    const { topology } = context;
    const { auditPlace } = await import('./audit/audit.ts');
    const accounts = this.#accountsOf(context).all(topology);
    const found = await Promise.all(accounts.map((account) => auditPlace({ mesh: topology.name, account })));
    return found.flat();
  }
}

function ours(cluster: ClusterSpec): EksClusterSpec {
  if (cluster.provider === 'eks') return cluster;
  throw new IsthmusError('BUG', `cluster ${cluster.name} of provider ${cluster.provider} given to eks`);
}
