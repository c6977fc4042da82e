import { removeMeshObjects } from '../../istio/index.ts';
import type { KeptObject } from '../../kubernetes/index.ts';
import { describeRef } from '../../kubernetes/index.ts';
import { type ClusterRemovalPlan, unseenState } from '../../report/index.ts';
import type { ClusterSpec, ProviderName } from '../../topology/index.ts';
import { reachCluster, unseenOf } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';

const whole: Readonly<Record<Exclude<ProviderName, 'existing'>, string>> = {
  local: 'local node with all that is in it',
  eks: 'load balancers, then the CloudFormation stack with the cluster and all that is in it',
};

/** What `down` would take from one cluster, and what it would leave there; looks only. */
export async function planClusterRemoval(
  session: Session,
  provider: ProviderName,
  name: string,
): Promise<ClusterRemovalPlan> {
  const base = { cluster: name, provider };
  const spec = session.topology.clusters.find((cluster) => cluster.name === name);
  if (provider !== 'existing') return { ...base, removes: [whole[provider]], keeps: [] };
  return spec ? { ...base, ...(await contentsOf(session, spec)) } : { ...base, removes: [], keeps: [] };
}

async function contentsOf(session: Session, spec: ClusterSpec) {
  const blind = (error: unknown) => {
    const unseen = unseenOf(spec.name, error);
    return { state: unseenState(unseen.code), unseen, removes: [], keeps: [] };
  };
  const { cluster, unseen } = await reachCluster(session, spec);
  if (!cluster) return { state: unseenState(unseen.code), unseen, removes: [], keeps: [] };
  const { reporter, signal } = session.context;
  try {
    const { removed, kept } = await removeMeshObjects({ cluster, reporter, signal, dryRun: true });
    return { removes: removed.map(({ object }) => describeRef(object)), keeps: kept.map(keptObject) };
  } catch (error) {
    return blind(error);
  }
}

/** One object that stays, as reports have it. */
export const keptObject = ({ cluster, object, reason }: KeptObject) => ({
  cluster,
  what: describeRef(object),
  reason,
});
