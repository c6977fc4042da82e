import { isIsthmusError } from '../../errors/index.ts';
import { authorityForPeers, chartsOf, ensureRemoteSecrets, readerNotes } from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import type { MeshCluster, ProviderChange } from '../../provider/index.ts';
import { type ClusterPlan, countChanges, type PlanReport } from '../../report/index.ts';
import { objectChange, type PlannedCluster, planCluster } from '../plan/plan-cluster.ts';
import { planTrust } from '../plan/plan-trust.ts';
import { providerNotes, providerPlans } from '../plan/provider-plans.ts';
import { serviceNotes } from '../plan/service-notes.ts';
import { anyReason, foreignIstios, foreignLines } from '../session/foreign-istio.ts';
import { elsewhereMessage, istiosElsewhere } from '../session/istio-elsewhere.ts';
import { skippedMinor } from '../session/istio-version.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';

/**
 * What `up` would change, cluster by cluster; writes nothing. Clusters that exist are asked by
 * server-side dry runs, so that the objects named are those that `up` would touch. A cluster that
 * cannot be looked at is a row that says so and never one that would be created. CHARTS_UNAVAILABLE where
 * nothing can be said of any, as nobody has the charts of the file's Istio.
 */
export async function planMesh(options: Operation): Promise<PlanReport> {
  const session = new Session(options);
  await chartsOf(options.topology, session.context);
  const provided = await providerPlans(session);
  const { trust, notes: trustNotes } = await planTrust(session, provided);
  const planned = await forEachCluster(options.topology.clusters, (spec) =>
    planCluster(session, spec, { provided, trust }),
  );
  const clusters = await withRemoteSecrets(session, planned);
  const notes = [
    ...(await foreignNotes(session)),
    ...(await versionNotes(session, planned)),
    ...(await authorityNotes(session, planned)),
    ...trustNotes,
    ...(await providerNotes(session, provided)),
    ...(await serviceNotes(session, {
      clusters: planned.flatMap(({ cluster }) => cluster ?? []),
      unreachable: planned.flatMap(({ plan }) => plan.unseen?.cluster ?? []),
    })),
    ...readerNotes(options.topology),
    ...unwantedNotes(options, provided.changes),
  ];
  return { mesh: options.topology.name, clusters, changes: countChanges(clusters), notes };
}

/** Only of clusters that were seen: what does not exist yet has no version, and its provider is not asked for it. */
async function versionNotes(session: Session, planned: readonly PlannedCluster[]): Promise<string[]> {
  const seen = new Set(planned.flatMap(({ cluster }) => cluster?.spec.name ?? []));
  const clusters = session.topology.clusters.filter(({ name }) => seen.has(name));
  const refusal = await skippedMinor(session, clusters);
  return refusal ? [`up refuses: ${refusal.message}; ${refusal.hint}`] : [];
}

/** Of clusters whose API server their peers could not verify, so that none gets a remote secret of it. */
async function authorityNotes(
  { topology, context }: Session,
  planned: readonly PlannedCluster[],
): Promise<string[]> {
  if (topology.clusters.length < 2) return [];
  const notes = await Promise.all(
    planned.flatMap(({ cluster }) => cluster ?? []).map((cluster) => refusalOf(cluster, context.signal)),
  );
  return notes.flat();
}

async function refusalOf(cluster: MeshCluster, signal: AbortSignal): Promise<string[]> {
  try {
    await authorityForPeers(cluster, signal);
    return [];
  } catch (error) {
    if (!isIsthmusError(error) || signal.aborted) throw error;
    if (error.code === 'KUBECONFIG_INVALID') return [`up refuses: ${error.message}; ${error.hint}`];
    return [`whether peers of ${cluster.spec.name} can verify it could not be seen: ${error.message}`];
  }
}

/** Where `up` refuses, and what for; one that may not be looked at has its reason in its row. */
async function foreignNotes(session: Session): Promise<string[]> {
  const { clusters } = session.topology;
  const [foreign, elsewhere] = await Promise.all([
    foreignIstios(session, clusters, anyReason),
    istiosElsewhere(session, clusters),
  ]);
  return [
    ...foreign.flatMap((one) => [
      `${one.cluster}: up refuses, as isthmus did not make the Istio that is there; adopt: true in the file lets it be taken over`,
      ...foreignLines(one),
    ]),
    ...elsewhere.map((one) => `${elsewhereMessage(one)}; up refuses, as a second one would come beside it`),
  ];
}

function unwantedNotes({ topology }: Operation, provided: readonly ProviderChange[]): string[] {
  const wanted = new Set(topology.clusters.map(({ name }) => name));
  return provided
    .filter(({ cluster }) => !wanted.has(cluster))
    .map(
      ({ cluster }) =>
        `cluster ${cluster} exists but the file no longer has it; \`isthmus down ${cluster}\` removes it`,
    );
}

async function withRemoteSecrets(
  session: Session,
  planned: readonly PlannedCluster[],
): Promise<ClusterPlan[]> {
  const secrets = await remoteSecretChanges(
    session,
    planned.flatMap(({ cluster }) => cluster ?? []),
  );
  return planned.map(({ plan }) => {
    const own = secrets.filter(({ cluster }) => cluster === plan.cluster).map(objectChange);
    return { ...plan, changes: [...plan.changes, ...own] };
  });
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
