import type { AwsAccount } from '../aws/index.ts';
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
import { withKnownAccounts } from './known-accounts.ts';
import { balancedOf } from './load-balancers/balanced-services.ts';
import { viewLoadBalancers } from './load-balancers/load-balancers.ts';
import { clusterTag, meshTag, stackName } from './names.ts';
import { openWork } from './open-work.ts';
import { missingEksRequirements } from './plan/requirements.ts';
import type { EksProviderOptions } from './provider-options.ts';
import { waitForApiServer } from './sign-in/api-server.ts';
import { eksConnection } from './sign-in/connection.ts';
import { observeEksCluster } from './stack/observe.ts';
import { sendsFrom } from './stack/sends-from.ts';
import { stackLog } from './stack/stack-log.ts';
import { listStacks } from './stack/stack-state.ts';
import type { StackWork } from './stack/stack-work.ts';
import { admitsPeers } from './template/parameters.ts';

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
    const refused = found.flat().length > 0 ? [] : await this.#replacements(context, eksClusters(clusters));
    const byMessage = new Map([...found.flat(), ...refused].map((error) => [error.message, error]));
    return [...byMessage.values()];
  }

  /** Asked of stacks only where nothing else stands in the way. */
  #replacements(context: ProviderContext, clusters: readonly EksClusterSpec[]): Promise<readonly Error[]> {
    return span(context.reporter, { title: 'look for what would be replaced' }, async (handle) => {
      const { refusedReplacements } = await import('./plan/refused-replacements.ts');
      const works = clusters.map((spec) => this.#work(context, spec, handle));
      const found = await Promise.all(works.map(async (work) => refusedReplacements(await work, context)));
      return found.flat();
    });
  }

  capabilities(cluster: ClusterSpec) {
    return capabilitiesOf(ours(cluster));
  }

  async plan(context: ProviderContext, clusters: readonly ClusterSpec[]) {
    const { planStacks } = await import('./plan/plan.ts');
    const wanted = eksClusters(clusters);
    return span(context.reporter, { title: 'compare stacks' }, async (handle) =>
      planStacks({
        topology: context.topology,
        wanted: await Promise.all(wanted.map((spec) => this.#work(context, spec, handle))),
      }),
    );
  }

  async notes(context: ProviderContext): Promise<readonly string[]> {
    const { planNotes } = await import('./plan/plan-notes.ts');
    return planNotes(await withKnownAccounts(context.topology, this.#accountsOf(context)));
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
      const work = await this.#work(context, spec, handle);
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
      const { changed } = await deployStack(await this.#work(context, spec, handle));
      if (!changed) handle.ends('unchanged');
      return changed;
    });
  }

  #work(context: ProviderContext, spec: EksClusterSpec, handle: SpanHandle): Promise<StackWork> {
    const accounts = this.#accountsOf(context);
    return openWork({ context, accounts, handle, pollMs: this.#pollMs }, spec);
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
      mesh: context.topology.name,
      cluster: spec.name,
      eksName: stackName(context.topology.name, spec.name),
      account: this.#accountsOf(context).of(spec),
      plugin,
    });
  }

  async loadBalancers(context: ProviderContext, cluster: ClusterSpec): Promise<readonly LoadBalancer[]> {
    const spec = ours(cluster);
    const stack = stackName(context.topology.name, spec.name);
    return viewLoadBalancers({
      cluster: spec.name,
      eksName: stack,
      account: this.#accountsOf(context).of(spec),
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
    await Promise.all(
      accounts.map((account) => requireUnprotected(account, stack, { mesh: context.topology.name, cluster })),
    );
  }

  async remove(context: ProviderContext, cluster: string): Promise<void> {
    const { topology, reporter, signal } = context;
    const stack = stackName(topology.name, cluster);
    const { removeEksCluster } = await import('./stack/remove.ts');
    const loadBalancerMs = this.#options.loadBalancerMs ?? 300_000;
    const owner = { mesh: topology.name, cluster };
    await span(reporter, { title: `stack ${stack}`, cluster }, async (handle) => {
      const removed = await allOf(
        this.#candidates(context, cluster).map((account) =>
          removeEksCluster({ account, stack, owner, handle, signal, pollMs: this.#pollMs, loadBalancerMs }),
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
    const { topology, reporter } = context;
    const { auditRegions } = await import('./audit/audit-regions.ts');
    return auditRegions({ topology, reporter, accounts: this.#accountsOf(context) });
  }
}

function ours(cluster: ClusterSpec): EksClusterSpec {
  if (cluster.provider === 'eks') return cluster;
  throw new IsthmusError('BUG', `cluster ${cluster.name} of provider ${cluster.provider} given to eks`);
}
