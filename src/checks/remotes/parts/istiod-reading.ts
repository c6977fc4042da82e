import { isIsthmusError } from '../../../errors/index.ts';
import {
  isSynced,
  istiodLog,
  lastReading,
  type RemoteSecretState,
  remoteClusterStatus,
} from '../../../istio/index.ts';
import type { Pod } from '../../../kubernetes/index.ts';
import { istioNamespaceOf } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import type { Holding } from './secret-subject.ts';

/** What istiods show of a remote secret: that they read by it, that they do not, or neither. */
export interface IstiodReading {
  readonly verdict: 'proven' | 'failing' | 'unknown';
  /** In words. */
  readonly why: string;
}

/** How long a cluster may take to be read for the first time. Milliseconds; istiod’s own limit is half of it. */
const firstReadMs = 60_000;

/**
 * Do the holder's istiods read the peer by what its remote secret says now? `synced` alone does not tell: it is of
 * the last kubeconfig that an istiod made something of (istio.io/istio pkg/kube/multicluster). It does of an istiod
 * that began since the Secret was last written, or whose log tells of reading a kubeconfig since.
 */
export async function istiodReading(
  pair: Holding,
  state: RemoteSecretState,
  { facts }: CheckRunContext,
): Promise<IstiodReading> {
  const { cluster } = pair;
  const ready = (await facts.istiods(cluster)).filter((pod) => pod.ready);
  const began = await facts.once(cluster, 'beginnings of istiods', (signal) => beginnings(cluster, signal));
  const each = await Promise.all(
    ready.map(({ name }) => readingOf(pair, state, { name, since: began.get(name), facts })),
  );
  const odd =
    each.find(({ verdict }) => verdict === 'failing') ?? each.find(({ verdict }) => verdict === 'unknown');
  if (odd) return odd;
  return each[0] ?? { verdict: 'unknown', why: `no istiod of ${cluster.spec.name} is ready` };
}

interface Istiod {
  readonly name: string;
  /** When its container began. */
  readonly since: Date | undefined;
  /** What an istiod says of one peer it says of all, so each is asked once for them. */
  readonly facts: CheckRunContext['facts'];
}

async function readingOf(
  { cluster, peer }: Holding,
  state: RemoteSecretState,
  { name, since, facts }: Istiod,
): Promise<IstiodReading> {
  const { changed } = state;
  const all = await watchedClusters(facts, cluster, name);
  const status = all.find(({ id }) => id === peer.spec.name)?.syncStatus ?? 'unknown';
  if (!isSynced(status)) {
    const isYoung = status === 'syncing' && Date.now() - changed.getTime() < firstReadMs;
    return { verdict: isYoung ? 'unknown' : 'failing', why: `${name} says of ${peer.spec.name}: ${status}` };
  }
  if (since && since.getTime() > changed.getTime())
    return { verdict: 'proven', why: 'every istiod that began since reads it in sync' };
  const log = await facts.once(cluster, `log of ${name}`, (signal) => readableLog(cluster, name, signal));
  const reading = lastReading(log, peer.spec.name);
  if (!reading?.at || reading.at.getTime() < changed.getTime())
    return { verdict: 'unknown', why: `${name} has told of no kubeconfig since ${changed.toISOString()}` };
  return reading.refused
    ? { verdict: 'failing', why: `${name} refused it and goes on by the one before` }
    : { verdict: 'proven', why: 'every istiod tells of reading it since it was written, and is in sync' };
}

/** What an istiod says of each cluster that it watches, asked once for all looks of a round. */
export const watchedClusters = (
  facts: CheckRunContext['facts'],
  cluster: Holding['cluster'],
  pod: string,
): ReturnType<typeof remoteClusterStatus> =>
  facts.once(cluster, `clusters of ${pod}`, (signal) => remoteClusterStatus(cluster, pod, { signal }));

/** Whoever may not read logs is told nothing. */
async function readableLog(cluster: Holding['cluster'], name: string, signal: AbortSignal): Promise<string> {
  try {
    return await istiodLog(cluster, name, signal);
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'API_REFUSED') return '';
    throw error;
  }
}

/** When the container of each istiod began, by pod. */
async function beginnings(
  { kube, spec }: Holding['cluster'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Date>> {
  const options = { namespace: istioNamespaceOf(spec), labelSelector: 'app=istiod', signal };
  const pods = await kube.list<Pod>('v1', 'Pod', options);
  return new Map(
    pods.flatMap(({ metadata, status }) => {
      const own = status?.containerStatuses?.find(({ name }) => name === 'discovery');
      const since = own?.state?.running?.startedAt;
      return since ? [[metadata?.name ?? '', new Date(since)] as const] : [];
    }),
  );
}
