import { note, type UnseenCluster } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { planCluster } from '../plan/plan-cluster.ts';
import { forEachCluster, type Session } from '../session/session.ts';

/** A cluster of the file that an `up` of others did not change. */
export interface LeftCluster {
  readonly cluster: string;
  /** Objects of it that differ from what the file wants; 0 as well where nobody could look. */
  readonly pending: number;
  /** Why nobody could look. */
  readonly unseen?: UnseenCluster | undefined;
}

/** What the file wants of clusters that stay as they are, told as notes as well. */
export async function leftAsIs(session: Session, specs: readonly ClusterSpec[]): Promise<LeftCluster[]> {
  const left = await forEachCluster(specs, (spec) => leftCluster(session, spec));
  for (const one of left)
    note(session.context.reporter, {
      level: 'info',
      code: 'CLUSTER_LEFT_AS_IS',
      message: told(one),
      cluster: one.cluster,
    });
  return left;
}

async function leftCluster(session: Session, spec: ClusterSpec): Promise<LeftCluster> {
  const provided = { changes: [], unseen: [] };
  const { plan } = await planCluster(session, spec, { provided, trust: undefined });
  return { cluster: spec.name, pending: plan.changes.length, unseen: plan.unseen };
}

function told({ cluster, pending, unseen }: LeftCluster): string {
  if (unseen) return `${cluster} is left as it is: ${unseen.message}`;
  if (pending === 0) return `${cluster} is left as it is, and its objects are as the file wants them`;
  return `${cluster} is left as it is: ${pending} of its objects differ from the file; isthmus up ${cluster} changes them`;
}
