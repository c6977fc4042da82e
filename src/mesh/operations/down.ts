import { IsthmusError } from '../../errors/index.ts';
import type { ClusterProvider, Leftover } from '../../provider/index.ts';
import type { KeptThing, RemovalPlan, UnseenCluster } from '../../report/index.ts';
import type { ProviderName } from '../../topology/index.ts';
import { withMeshLease } from '../lease/mesh-lease.ts';
import { type AuditOptions, audit } from '../removal/audit.ts';
import { keptObject, planClusterRemoval } from '../removal/removal-report.ts';
import { type ClusterRemoval, removeCluster } from '../removal/remove-cluster.ts';
import { unlinkClusters } from '../removal/unlink-clusters.ts';
import { refuseUnknownClusters } from '../session/named-clusters.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { archiveRoot } from '../trust/root-authority.ts';

/** What {@link downMesh} and {@link planDown} take. */
export interface DownOptions extends Operation {
  /** Only these clusters, also ones that the file no longer has; the whole mesh when empty. */
  readonly clusters?: readonly string[];
  /** Go on where a cluster that stays cannot be made to forget one that goes. */
  readonly force?: boolean;
  /**
   * Asked once, before anything is touched, where clusters would be emptied or deleted that others may have a
   * share in: all but local ones. False ends with CONFIRMATION_MISSING.
   */
  readonly confirm?: (clusters: readonly ClusterToRemove[]) => Promise<boolean>;
}

/** A cluster that `down` is about to remove, or to take the mesh out of. */
export interface ClusterToRemove {
  readonly name: string;
  readonly provider: ProviderName;
}

/** What {@link downMesh} came to. The mesh is gone if `unreachable` and `leftovers` are empty. */
export interface DownResult {
  readonly mesh: string;
  /** Names of the clusters that are gone, or that have nothing of the mesh any more. */
  readonly removed: readonly string[];
  /** Clusters that did not answer, so that what isthmus put into them is still there. */
  readonly unreachable: readonly UnseenCluster[];
  /** What the audit still found; a clean removal leaves none. */
  readonly leftovers: readonly Leftover[];
  /** What stays on purpose in clusters that isthmus did not make. */
  readonly kept: readonly KeptThing[];
}

/**
 * Remove the mesh: where clusters stay they forget the others first, then load balancers, then
 * clusters, then an audit that nothing is left. Gone is success, so it may be repeated after a crash
 * at any point. The root that isthmus made is put aside, never deleted, and only when every cluster is
 * known to be clean. Throws FLAGS_INVALID before anything is touched if a
 * cluster of that name is neither in the file nor there, and what providers throw.
 */
export async function downMesh(options: DownOptions): Promise<DownResult> {
  const session = new Session(options);
  const only = new Set(options.clusters ?? []);
  const removals = await removalPlan(session, only);
  await requireConfirmation(options, removals);
  return withMeshLease(session, ['down', ...only].join(' '), () =>
    removePlanned(session, removals, { only, force: options.force ?? false }),
  );
}

async function removePlanned(
  session: Session,
  removals: readonly ProviderRemoval[],
  { only, force }: { readonly only: ReadonlySet<string>; readonly force: boolean },
): Promise<DownResult> {
  const { topology } = session;
  const whole = only.size === 0;
  if (!whole) await unlinkClusters(session, only, { force });
  const done = await removeAll(session, removals);
  const unreachable = done.flatMap(({ name, unreachable: error }) =>
    error ? [{ cluster: name, code: error.code, message: error.message, hint: error.hint }] : [],
  );
  const removed = done.filter((one) => !one.unreachable).map(({ name }) => name);
  const away = new Set(unreachable.map(({ cluster }) => cluster));
  // Those known to be out of reach are not waited for once more.
  const leftovers = await auditAll(session, removals, (cluster = '') => {
    return !away.has(cluster) && (whole || only.has(cluster));
  });
  if (whole && unreachable.length + leftovers.length === 0 && !topology.trust.root)
    await archiveRoot(topology);
  const kept = done.flatMap((one) => one.kept.map(keptObject));
  return { mesh: topology.name, removed, unreachable, leftovers, kept };
}

/** What {@link downMesh} would remove, and what it would leave; writes nothing. */
export async function planDown(options: DownOptions): Promise<RemovalPlan> {
  const session = new Session(options);
  const removals = await removalPlan(session, new Set(options.clusters ?? []));
  const clusters = await forEachCluster(clustersToRemove(removals), ({ name, provider }) =>
    planClusterRemoval(session, provider, name),
  );
  return { mesh: options.topology.name, clusters };
}

const clustersToRemove = (removals: readonly ProviderRemoval[]): ClusterToRemove[] =>
  removals.flatMap(({ provider, clusters }) =>
    clusters.map(({ name }) => ({ name, provider: provider.name })),
  );

async function requireConfirmation(
  options: DownOptions,
  removals: readonly ProviderRemoval[],
): Promise<void> {
  const shared = clustersToRemove(removals).filter(({ provider }) => provider !== 'local');
  if (shared.length === 0 || !options.confirm || (await options.confirm(shared))) return;
  throw new IsthmusError('CONFIRMATION_MISSING', `nothing was removed of mesh ${options.topology.name}`, {
    hint: 'give the name of the mesh when asked, or --yes; isthmus down --dry-run lists what would go',
  });
}

interface ProviderRemoval {
  readonly provider: ClusterProvider;
  readonly clusters: readonly { readonly name: string }[];
  /** Whether any cluster of the provider exists. */
  readonly there: boolean;
}

/** What will be removed, once every name is known and every provider has agreed to all of it. */
async function removalPlan(session: Session, only: ReadonlySet<string>): Promise<ProviderRemoval[]> {
  const whole = only.size === 0;
  const providers = await (whole ? session.providers() : session.providersWithClusters());
  const removals = await Promise.all(
    providers.map(async ({ provider, clusters }) => {
      const there = await provider.list(session.context);
      const names = new Set([...clusters.map(({ name }) => name), ...there]);
      const wanted = [...names].filter((name) => whole || only.has(name));
      return { provider, clusters: wanted.map((name) => ({ name })), there: there.length > 0 };
    }),
  );
  const known = removals.flatMap(({ clusters }) => clusters.map(({ name }) => name));
  refuseUnknownClusters([...only], known);
  for (const { provider, clusters } of removals)
    await forEachCluster(clusters, async ({ name }) => provider.allowRemoval?.(session.context, name));
  return removals;
}

/** Every cluster of every provider; one that fails keeps none of the others. */
function removeAll(session: Session, removals: readonly ProviderRemoval[]): Promise<ClusterRemoval[]> {
  const all = removals.flatMap(({ provider, clusters }) => clusters.map(({ name }) => ({ name, provider })));
  return forEachCluster(all, ({ name, provider }) => removeCluster(session, provider, name));
}

async function auditAll(
  session: Session,
  removals: readonly ProviderRemoval[],
  concerns: AuditOptions['concerns'],
): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const { provider, clusters, there } of removals)
    if (clusters.length > 0) found.push(...(await audit(session, provider, { patient: there, concerns })));
  return found;
}
