import { isIsthmusError } from '../errors/index.ts';
import {
  ensureControlPlane,
  ensureGateways,
  ensureRemoteSecrets,
  ensureSamples,
  ensureTrust,
} from '../istio/index.ts';
import type { ObjectChange } from '../kubernetes/index.ts';
import type { MeshCluster, ProviderChange } from '../provider/index.ts';
import type { PlanChange, PlanReport } from '../report/index.ts';
import type { ClusterSpec } from '../topology/index.ts';
import { observeRootAuthority } from './root-authority.ts';
import { forEachCluster, type Operation, Session } from './session.ts';

/** What `up` does in a cluster that does not exist yet, in its order. */
const everything = [
  'certificate authority',
  'istiod',
  'ingress and east-west gateways',
  'remote secrets of its peers',
];

/**
 * What `up` would change, cluster by cluster; writes nothing. Clusters that exist are asked by
 * server-side dry runs, so that the objects named are those that `up` would touch.
 */
export async function planMesh(options: Operation): Promise<PlanReport> {
  const session = new Session(options);
  const provided = await providerChanges(session);
  const root = await observeRootAuthority(options.topology);
  const reachable: MeshCluster[] = [];
  const objects = new Map<string, PlanChange[]>();
  await forEachCluster(options.topology.clusters, async (spec) => {
    const cluster = await reachableCluster(session, spec, provided);
    if (cluster) reachable.push(cluster);
    objects.set(
      spec.name,
      cluster && root ? await objectChanges(session, cluster, root) : fromNothing(options),
    );
  });
  for (const change of await remoteSecretChanges(session, reachable))
    objects.get(change.cluster)?.push(asPlan(change));
  const said = await providerNotes(session, provided);
  return report(options, provided, objects, { newRoot: root === undefined, said });
}

async function providerChanges(session: Session): Promise<ProviderChange[]> {
  const plans = await Promise.all(
    (await session.providers()).map(({ provider, clusters }) => provider.plan(session.context, clusters)),
  );
  return plans.flat();
}

/** What providers tell besides changes, such as costs, and what they saw of clusters that stay as they are. */
async function providerNotes(session: Session, provided: readonly ProviderChange[]): Promise<string[]> {
  const seen = provided
    .filter(({ action }) => action === 'none')
    .flatMap(({ cluster, details }) => details.map((detail) => `${cluster}: ${detail}`));
  const notes = await Promise.all(
    (await session.providers()).map(async ({ provider }) => (await provider.notes?.(session.context)) ?? []),
  );
  return [...seen, ...notes.flat()];
}

async function reachableCluster(
  session: Session,
  spec: ClusterSpec,
  provided: readonly ProviderChange[],
): Promise<MeshCluster | undefined> {
  if (provided.some(({ cluster, action }) => cluster === spec.name && action === 'create')) return undefined;
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal: session.context.signal, timeoutMs: 5000 });
    return cluster;
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE') return undefined;
    throw error;
  }
}

async function objectChanges(
  session: Session,
  cluster: MeshCluster,
  root: Awaited<ReturnType<typeof observeRootAuthority>> & {},
): Promise<PlanChange[]> {
  const { topology, reporter, signal } = session.context;
  const common = { topology, cluster, reporter, signal, dryRun: true };
  const stages = await Promise.all([
    ensureTrust({ ...common, root }),
    ensureControlPlane(common),
    ensureGateways(common),
    ensureSamples(common),
  ]);
  return stages
    .flat()
    .filter(({ action }) => action !== 'none')
    .map(asPlan);
}

/** Pairs among the clusters that can be reached; the others get their secrets with everything else. */
async function remoteSecretChanges(
  session: Session,
  clusters: readonly MeshCluster[],
): Promise<ObjectChange[]> {
  if (clusters.length === 0) return [];
  const { topology, reporter, signal } = session.context;
  const changes = await ensureRemoteSecrets({ topology, clusters, reporter, signal, dryRun: true });
  return changes.filter(({ action }) => action !== 'none');
}

function fromNothing({ topology }: Operation): PlanChange[] {
  const steps = topology.samples ? [...everything, 'samples sleep and helloworld'] : everything;
  return steps.map((what) => ({ action: 'create', what, details: [] }));
}

function asPlan({ action, object, diff }: ObjectChange): PlanChange {
  const name = object.namespace ? `${object.namespace}/${object.name}` : object.name;
  return { action, what: `${object.kind} ${name}`, details: [...diff] };
}

function report(
  options: Operation,
  provided: readonly ProviderChange[],
  objects: Map<string, PlanChange[]>,
  { newRoot, said }: { newRoot: boolean; said: readonly string[] },
): PlanReport {
  const clusters = options.topology.clusters.map((spec) => {
    const own = provided.filter(({ cluster, action }) => cluster === spec.name && action !== 'none');
    const changes = [
      ...own.map(({ action, what, details }) => ({ action, what, details: [...details] })),
      ...(objects.get(spec.name) ?? []),
    ];
    return { cluster: spec.name, provider: spec.provider, changes };
  });
  const unwanted = provided.filter(
    ({ cluster }) => !options.topology.clusters.some(({ name }) => name === cluster),
  );
  const notes = [
    ...(newRoot ? ['a new root certificate authority will be made and kept on this machine'] : []),
    ...said,
    ...unwanted.map(
      ({ cluster }) =>
        `cluster ${cluster} exists but the file no longer has it; \`isthmus down ${cluster}\` removes it`,
    ),
  ];
  const changes = clusters.reduce((sum, { changes }) => sum + changes.length, 0);
  return { mesh: options.topology.name, clusters, changes, notes };
}
