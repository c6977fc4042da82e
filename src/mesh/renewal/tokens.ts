import pLimit from 'p-limit';
import { eachPair, renewToken, type TokenRenewal } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { RenewalItem } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { lateCluster } from '../session/late-client.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import { forEachCluster, type Session } from '../session/session.ts';

/** The token of every ordered pair of clusters. */
export async function renewTokens(session: Session, plan: boolean): Promise<RenewalItem[]> {
  const { topology, reporter, signal } = session.context;
  const clusters = await forEachCluster(topology.clusters, (spec) => clusterOrLater(session, spec));
  // API servers throttle a client that asks for hundreds of tokens at once.
  const limit = pLimit(16);
  return eachPair(clusters, (pair) =>
    limit(async () => {
      const renewal = await renewToken(pair, { topology, reporter, signal, plan });
      return itemOf(pair.holder.spec.name, pair.target.spec.name, renewal);
    }),
  );
}

/** One that does not answer says so of each of its pairs. */
async function clusterOrLater(session: Session, spec: ClusterSpec): Promise<MeshCluster> {
  const { cluster } = await reachCluster(session, spec);
  return cluster ?? lateCluster(session, spec);
}

function itemOf(cluster: string, target: string, renewal: TokenRenewal): RenewalItem {
  const { state, reason, life, endless, renewFrom, error } = renewal;
  return {
    what: 'token',
    cluster,
    target,
    state,
    reason: error && state === 'failed' ? `${reason}: ${error.message}` : reason,
    renewFrom: renewFrom?.toISOString(),
    ends: endless ? undefined : life?.expires.toISOString(),
    code: error?.code,
    hint: error?.hint,
  };
}
