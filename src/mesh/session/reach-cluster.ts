import { isIsthmusError } from '../../errors/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { UnseenCluster } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from './session.ts';

/** A cluster that answers, or why nobody can look at it. */
export type Reached =
  | { readonly cluster: MeshCluster; readonly unseen?: undefined }
  | { readonly cluster?: undefined; readonly unseen: UnseenCluster };

/** Connect to a cluster and ask its API server for its version, for five seconds. INTERRUPTED is thrown. */
export async function reachCluster(session: Session, spec: ClusterSpec): Promise<Reached> {
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal: session.context.signal, timeoutMs: 5000 });
    return { cluster };
  } catch (error) {
    return { unseen: unseenOf(spec.name, error) };
  }
}

/** An error as the reason why a cluster could not be looked at; INTERRUPTED and defects are thrown on. */
export function unseenOf(cluster: string, error: unknown): UnseenCluster {
  if (!isIsthmusError(error) || error.code === 'INTERRUPTED' || error.code === 'BUG') throw error;
  const { code, message, hint } = error;
  return { cluster, code, message, hint };
}
