import { ensureControlPlane } from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { span } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { JoinTurn } from '../lease/mesh-lease.ts';
import type { Session } from '../session/session.ts';
import { ensureClusterTrust, type MeshTrust } from '../trust/mesh-trust.ts';
import { undoExpired } from './undo-expired.ts';

/** A cluster with its own control plane, linked to nobody yet. */
export interface Built {
  readonly cluster: MeshCluster;
  /** Its provider created, started or changed it. */
  readonly changed: boolean;
  readonly changes: readonly ObjectChange[];
}

/** What clusters that are built at once decide together. */
export interface SharedByAll {
  readonly trust: MeshTrust;
  readonly turn: JoinTurn;
}

/**
 * Bring one cluster to life and give it its part of the mesh's trust and an istiod. One that fails
 * decides on no root, so that none waits for it.
 */
export async function buildCluster(session: Session, spec: ClusterSpec, shared: SharedByAll): Promise<Built> {
  try {
    return await build(session, spec, shared);
  } catch (error) {
    shared.trust.claim.lost(spec.name);
    throw error;
  } finally {
    shared.turn.over(spec.name);
  }
}

async function build(session: Session, spec: ClusterSpec, { trust, turn }: SharedByAll): Promise<Built> {
  const { topology, signal, reporter } = session.context;
  return span(reporter, { title: 'cluster and control plane', cluster: spec.name }, async (handle) => {
    const provider = await session.provider(spec.provider);
    const changed = await provider.ensure(session.contextFor(handle), spec);
    const cluster = await session.cluster(spec);
    const common = { topology, cluster, reporter: handle, signal };
    await undoExpired([cluster], common);
    const authority = await ensureClusterTrust(trust, common);
    await turn.join(session, cluster);
    const control = await ensureControlPlane(common);
    const changes = [...authority, ...control];
    if (!changed && changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return { cluster, changed, changes };
  });
}
