import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterStatus, UnseenCluster } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { clusterStatus, unseenStatus } from './status.ts';

/** Longer than a look takes at a cluster that answers. */
const usualMs = 2500;

/**
 * A row of `status`, but of a cluster that stops answering within ten seconds: a look that finds it hanging takes
 * as long as each of its requests may, one after the other, while whether it answers at all is known in five.
 */
export async function promptStatus(session: Session, spec: ClusterSpec): Promise<ClusterStatus> {
  const over = new AbortController();
  const look = clusterStatus(session, spec).finally(() => over.abort());
  const silence = silenceOf(session, spec, over.signal);
  // What a look that nobody waits for comes to is of no interest.
  look.catch(() => {});
  return Promise.race([look, silence.then((unseen) => (unseen ? unseenStatus(spec, unseen) : look))]);
}

/** Ask a cluster for its version again and again; returns why it does not answer, or undefined once it is over. */
async function silenceOf(
  session: Session,
  spec: ClusterSpec,
  over: AbortSignal,
): Promise<UnseenCluster | undefined> {
  while (!over.aborted) {
    await delay(usualMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return undefined;
    const { unseen } = await reachCluster(session, spec);
    if (unseen) return over.aborted ? undefined : unseen;
  }
  return undefined;
}
