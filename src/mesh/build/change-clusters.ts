import type { ObjectChange } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { JoinTurn } from '../lease/mesh-lease.ts';
import type { Session } from '../session/session.ts';
import type { MeshTrust } from '../trust/mesh-trust.ts';
import { type Built, buildCluster } from './build-cluster.ts';
import { type Linking, linkClusters } from './link-clusters.ts';
import { membersAmong, unseenBesides } from './members.ts';

/** What was done to clusters. */
export interface ChangedClusters {
  /** Names of those that their provider created, started or changed. */
  readonly clusters: readonly string[];
  /** Every object that was created, updated or removed. */
  readonly changes: readonly ObjectChange[];
}

/**
 * Build these clusters at once and link them, with each other and with those of the mesh that stay as
 * they are. Throws what failed, once everything else is done: tokens of clusters that are well must not
 * end meanwhile.
 */
export async function changeClusters(
  session: Session,
  trust: MeshTrust,
  clusters: readonly ClusterSpec[],
): Promise<ChangedClusters> {
  const shared = { trust, turn: new JoinTurn(clusters[0]?.name) };
  const building = clusters.map((spec) => buildCluster(session, spec, shared));
  return linkBuilt(session, clusters, { building, link: linkClusters });
}

/** Clusters at work, in the order of their specs, and what links those that are well. */
interface Building {
  readonly building: readonly Promise<Built>[];
  readonly link: typeof linkClusters;
}

/** Wait for clusters that are being built, and link those that are well; what failed is thrown after that. */
export async function linkBuilt(
  session: Session,
  clusters: readonly ClusterSpec[],
  { building, link }: Building,
): Promise<ChangedClusters> {
  const settled = await Promise.allSettled(building);
  const well = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value.cluster : []));
  const partial = well.length < clusters.length;
  const stops = well.length === 0 || (partial && session.context.signal.aborted);
  const links = stops ? [] : linkingOf(session, clusters, well).then((all) => link(session, all));
  if (partial) noteMissing(session, clusters, well);
  const names = clusters.map(({ name }) => name);
  const [built, linked] = await allOf([allOf(building, { names, things: 'clusters' }), links], {
    things: 'parts',
  });
  return outcomeOf(built, linked);
}

/** With whom clusters are linked besides. */
async function linkingOf(
  session: Session,
  named: readonly ClusterSpec[],
  clusters: readonly MeshCluster[],
): Promise<Linking> {
  const rest = session.topology.clusters.filter((spec) => !named.includes(spec));
  const others = await membersAmong(session, rest);
  const unreachable = await unseenBesides(session, [...clusters, ...others]);
  return { clusters, others, unreachable };
}

const outcomeOf = (built: readonly Built[], linked: readonly ObjectChange[]): ChangedClusters => ({
  clusters: built.filter(({ changed }) => changed).map(({ cluster }) => cluster.spec.name),
  changes: [...built.flatMap(({ changes }) => changes), ...linked].filter(({ action }) => action !== 'none'),
});

function noteMissing(
  { context }: Session,
  named: readonly ClusterSpec[],
  well: readonly MeshCluster[],
): void {
  const linked = well.map(({ spec }) => spec.name);
  const rest = named.map(({ name }) => name).filter((name) => !linked.includes(name));
  if (linked.length === 0 || context.signal.aborted) return;
  const message = `${rest.join(', ')} failed; gateways and remote secrets of ${linked.join(', ')} go on`;
  note(context.reporter, {
    level: 'warn',
    code: 'CLUSTERS_LEFT_OUT',
    message,
    data: { linked, failed: rest },
  });
}
