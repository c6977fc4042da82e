import type { RenewalReport } from '../../report/index.ts';
import { withMeshLease } from '../lease/mesh-lease.ts';
import { renewAuthorities } from '../renewal/authorities.ts';
import { renewTokens } from '../renewal/tokens.ts';
import { type Operation, Session } from '../session/session.ts';

/** What {@link renewMesh} takes. */
export interface RenewOptions extends Operation {
  /** Say what is due and change nothing. */
  readonly plan?: boolean;
}

/**
 * Renew what is due before it ends, and touch nothing else: the clusters' intermediates and the tokens
 * by which they read each other. Needs the root's key only where an intermediate is due. A cluster that
 * does not answer, or something that cannot be renewed, keeps nothing else from its renewal and is in
 * the report; only INTERRUPTED is
 * thrown, and LOCK_HELD while somebody else is at work on the mesh.
 */
export async function renewMesh(options: RenewOptions): Promise<RenewalReport> {
  const session = new Session(options);
  if (options.plan) return renewal(session, true);
  return withMeshLease(session, 'renew', () => renewal(session, false));
}

async function renewal(session: Session, plan: boolean): Promise<RenewalReport> {
  const authorities = await renewAuthorities(session, plan);
  const tokens = await renewTokens(session, plan);
  return {
    mesh: session.topology.name,
    time: new Date(),
    planned: plan,
    items: [...authorities, ...tokens],
  };
}
