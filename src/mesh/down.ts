import { IsthmusError, isIsthmusError } from '../errors/index.ts';
import { removeMeshObjects } from '../istio/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import type { ClusterProvider, Leftover, MeshCluster } from '../provider/index.ts';
import { note, span } from '../report/index.ts';
import type { ClusterSpec } from '../topology/index.ts';
import { removeRootAuthority } from './root-authority.ts';
import { forEachCluster, type Operation, Session } from './session.ts';

export interface DownOptions extends Operation {
  /** Only these clusters, also ones that the file no longer has; the whole mesh when empty. */
  readonly clusters?: readonly string[];
}

export interface DownResult {
  readonly mesh: string;
  readonly removed: readonly string[];
  /** What the audit still found; a clean removal leaves none. */
  readonly leftovers: readonly Leftover[];
}

/**
 * Remove the mesh: load balancers first, then clusters, then an audit that nothing is left. Gone is
 * success, so it may be repeated after a crash at any point.
 */
export async function downMesh(options: DownOptions): Promise<DownResult> {
  const session = new Session(options);
  const removed: string[] = [];
  const leftovers: Leftover[] = [];
  const only = new Set(options.clusters ?? []);
  const whole = only.size === 0;
  const removals = await removalPlan(session, (name) => whole || only.has(name));
  for (const { provider, clusters, there } of removals) {
    await forEachCluster(clusters, ({ name }) => removeWithLoadBalancers(session, provider, name));
    removed.push(...clusters.map(({ name }) => name));
    if (whole) leftovers.push(...(await audit(session, provider, { patient: there })));
  }
  refuseUnknown(only, removed);
  if (whole && leftovers.length === 0) await removeRootAuthority(options.topology);
  return { mesh: options.topology.name, removed, leftovers };
}

interface ProviderRemoval {
  readonly provider: ClusterProvider;
  readonly clusters: readonly { readonly name: string }[];
  /** Whether any cluster of the provider exists. */
  readonly there: boolean;
}

/** What will be removed, once every provider has agreed to all of it. */
async function removalPlan(session: Session, chosen: (name: string) => boolean): Promise<ProviderRemoval[]> {
  const removals = await Promise.all(
    (await session.providers()).map(async ({ provider, clusters }) => {
      const there = await provider.list(session.context);
      const names = new Set([...clusters.map(({ name }) => name), ...there]);
      const wanted = [...names].filter(chosen).map((name) => ({ name }));
      return { provider, clusters: wanted, there: there.length > 0 };
    }),
  );
  for (const { provider, clusters } of removals)
    await forEachCluster(clusters, async ({ name }) => provider.allowRemoval?.(session.context, name));
  return removals;
}

function refuseUnknown(only: ReadonlySet<string>, removed: readonly string[]): void {
  const unknown = [...only].filter((name) => !removed.includes(name));
  if (unknown.length === 0) return;
  throw new IsthmusError('FLAGS_INVALID', `no cluster named ${unknown.join(', ')} in this mesh`, {
    hint: 'run `isthmus status` to see the names of the clusters',
  });
}

async function removeWithLoadBalancers(
  session: Session,
  provider: ClusterProvider,
  name: string,
): Promise<void> {
  const { reporter } = session.context;
  await span(reporter, { title: 'remove', cluster: name }, async (handle) => {
    const spec = session.topology.clusters.find((cluster) => cluster.name === name);
    // A local node takes its load balancers with it; elsewhere they outlive the cluster and cost money.
    if (spec && provider.name !== 'local') await removeContents(session, spec);
    await provider.remove(session.contextFor(handle), name);
  });
}

async function removeContents(session: Session, spec: ClusterSpec): Promise<void> {
  const cluster = await connectIfThere(session, spec);
  if (!cluster) return;
  const { signal, reporter } = session.context;
  await removeLoadBalancers(session, cluster);
  if (spec.provider === 'existing') await removeMeshObjects({ cluster, reporter, signal });
}

async function connectIfThere(session: Session, spec: ClusterSpec): Promise<MeshCluster | undefined> {
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal: session.context.signal });
    return cluster;
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'CLUSTER_UNREACHABLE') throw error;
    note(
      session.context.reporter,
      'warn',
      error.code,
      `${spec.name} does not answer; its load balancers cannot be removed through it`,
      { cluster: spec.name },
    );
    return undefined;
  }
}

/** Services of type LoadBalancer that isthmus applied, deleted and waited for until the provider has none. */
async function removeLoadBalancers(session: Session, cluster: MeshCluster): Promise<void> {
  const { signal } = session.context;
  const provider = await session.provider(cluster.spec.provider);
  const services = await cluster.kube.list('v1', 'Service', {
    labelSelector: 'app.kubernetes.io/managed-by=isthmus',
    signal,
  });
  const balanced = services.filter(
    (service) => (service['spec'] as { type?: string } | undefined)?.type === 'LoadBalancer',
  );
  const ours = new Set(balanced.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  for (const { metadata } of balanced)
    await cluster.kube.remove(
      { apiVersion: 'v1', kind: 'Service', namespace: metadata?.namespace, name: metadata?.name ?? '' },
      { signal, wait: true },
    );
  if (ours.size === 0) return;
  await waitUntil(
    { what: `${cluster.spec.name}'s load balancers to go`, timeoutMs: 300_000, signal, maxDelayMs: 5000 },
    async () => {
      const left = (await provider.loadBalancers(session.context, cluster.spec)).filter((one) =>
        ours.has(`${one.namespace}/${one.service}`),
      );
      if (left.length > 0)
        throw new NotReady(left.map((one) => `${one.namespace}/${one.service}`).join(', '));
    },
  );
}

/** The kernel and clouds let go of things a moment after they are asked to; nobody waits who asked nothing. */
async function audit(
  session: Session,
  provider: ClusterProvider,
  { patient }: { patient: boolean },
): Promise<readonly Leftover[]> {
  if (!patient) return provider.audit(session.context);
  let left: readonly Leftover[] = [];
  return span(session.context.reporter, { title: 'audit' }, async (handle) => {
    try {
      await waitUntil(
        {
          what: 'everything to be gone',
          timeoutMs: provider.name === 'local' ? 5000 : 60_000,
          signal: session.context.signal,
        },
        async () => {
          left = await provider.audit(session.contextFor(handle));
          if (left.length > 0) throw new NotReady(`${left.length} things are left`);
        },
      );
    } catch (error) {
      if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
    }
    return left;
  });
}
