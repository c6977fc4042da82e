import pLimit from 'p-limit';
import { type IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, type WaitOptions, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import { contextOf } from '../../topology/index.ts';
import { ISTIOD_DEPLOYMENT, restartIstiod } from '../install/istiod-restart.ts';
import { INGRESS_NAMESPACE, SYSTEM_NAMESPACE } from '../names.ts';
import { remoteClusterStatus } from '../observe/istiod.ts';
import { proxyClusters } from '../observe/proxy.ts';
import { proxyPods, type StartedPod } from '../observe/proxy-pods.ts';
import { type RunningPod, runningPods } from '../observe/running-pods.ts';
import { peerShards } from '../observe/shards.ts';
import { MULTI_CLUSTER, remoteSecretRef } from './remote-secret.ts';

/** Who forgets, and what. */
export interface Forgetting {
  readonly peer: MeshCluster;
  /** Name of the cluster that is forgotten. */
  readonly name: string;
  /** By which proxies elsewhere reach pods of that cluster, and no other's. */
  readonly addresses: ReadonlySet<string>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Take a cluster's secret from one peer, and resolve when no istiod and no proxy there has an endpoint of it. Gone
 * is success. TIMED_OUT says who still has what.
 */
export async function forget(forgetting: Forgetting): Promise<void> {
  const { peer, name, signal } = forgetting;
  const secrets = await peer.kube.list('v1', 'Secret', {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: MULTI_CLUSTER,
    signal,
  });
  const own = secrets.some(({ metadata }) => metadata?.name === remoteSecretRef(name).name);
  if (own) await peer.kube.remove(remoteSecretRef(name), { signal });
  await waitUntil(waiting(forgetting, 90_000), () => quietly(() => requireUnwatched(forgetting)));
  await restartStale(forgetting);
  const clear = new Set<string>();
  await waitUntil(waiting(forgetting, 120_000), () =>
    quietly(async () => {
      await requireUnwatched(forgetting);
      const [stale] = await staleIstiods(forgetting);
      if (stale) throw new NotReady(`${stale.pod.name} still has its endpoints of ${stale.host}`);
      await requireNoEndpoint(forgetting, clear);
    }),
  );
}

const waiting = ({ peer, name, signal }: Forgetting, timeoutMs: number): WaitOptions => ({
  what: `${peer.spec.name} to forget ${name}`,
  timeoutMs,
  signal,
  hint: `see what is named; where an istiod still has endpoints, kubectl --context ${contextOf(peer.spec)} -n ${SYSTEM_NAMESPACE} rollout restart its Deployment; isthmus down --force goes on all the same`,
});

/** Pods come and go meanwhile: a look that fails tells nothing, and the wait's end says why it did. */
async function quietly(look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    throw isPassing(error) ? new NotReady(messageOf(error)) : error;
  }
}

const isPassing = (error: unknown): error is IsthmusError =>
  isIsthmusError(error) && error.source !== 'interrupted' && error.source !== 'bug';

const istiodsOf = ({ peer, signal }: Forgetting): Promise<RunningPod[]> =>
  runningPods(peer, { namespace: SYSTEM_NAMESPACE, labelSelector: 'app=istiod', signal });

async function requireUnwatched(forgetting: Forgetting): Promise<void> {
  const { peer, name, signal } = forgetting;
  for (const pod of await istiodsOf(forgetting)) {
    const statuses = await remoteClusterStatus(peer, pod.name, { signal });
    const watched = statuses.find(({ id }) => id === name);
    if (watched) throw new NotReady(`${pod.name} still watches it by ${watched.secretName}`);
  }
}

interface StaleIstiod {
  readonly pod: RunningPod;
  /** A service of which it has endpoints in the cluster that is forgotten. */
  readonly host: string;
}

async function staleIstiods(forgetting: Forgetting): Promise<StaleIstiod[]> {
  const { peer, name, signal } = forgetting;
  const found = await Promise.all(
    (await istiodsOf(forgetting)).map(async (pod) => {
      const [host] = Object.keys(await peerShards({ cluster: peer, pod: pod.name, peer: name }, { signal }));
      return host === undefined ? [] : [{ pod, host }];
    }),
  );
  return found.flat();
}

/**
 * istiod takes a cluster's endpoints away before it stops naming the cluster (pkg/kube/multicluster/secretcontroller.go,
 * deleteCluster), so what it has left after that it keeps until it starts anew. In 1.31 it comes to that where a
 * token was refused when istiod first read the cluster and another token came later: the first try, let go of
 * then, registers itself after the one that reads, and its end is taken for the cluster's.
 */
async function restartStale(forgetting: Forgetting): Promise<void> {
  const { peer, name, reporter, signal } = forgetting;
  const stale = await staleIstiods(forgetting);
  const own = stale.find(({ pod }) =>
    new RegExp(`^${ISTIOD_DEPLOYMENT}-[a-z0-9]+-[a-z0-9]{5}$`).test(pod.name),
  );
  if (!own) return;
  note(reporter, {
    level: 'warn',
    code: 'ISTIOD_RESTARTED',
    message: `${own.pod.name} watches ${name} no more and would still send requests for ${own.host} there, so istiod is restarted`,
    cluster: peer.spec.name,
  });
  await restartIstiod(peer, signal);
}

/** How many proxies of one cluster are looked into at a time; each look is an exec. */
const atOnce = 8;

/**
 * Gateways first, as most requests come through them.
 * @param clear proxies that were seen without an endpoint; they are not asked again
 */
async function requireNoEndpoint({ peer, addresses, signal }: Forgetting, clear: Set<string>): Promise<void> {
  if (addresses.size === 0) return;
  const isGateway = ({ namespace }: StartedPod) => Number(namespace === INGRESS_NAMESPACE);
  const proxies = (await proxyPods(peer, { signal }))
    .filter((pod) => !pod.proxyless && !clear.has(keyOf(pod)))
    .sort((a, b) => isGateway(b) - isGateway(a));
  const limit = pLimit(atOnce);
  const looks = proxies.map((pod) =>
    limit(async () => {
      const endpoints = await proxyClusters(peer, pod, { signal });
      const left = endpoints.find(({ address }) => addresses.has(address));
      if (left) throw new NotReady(`${pod.name} still has ${left.address} in ${left.cluster}`);
      clear.add(keyOf(pod));
    }),
  );
  try {
    await Promise.all(looks);
  } finally {
    limit.clearQueue();
  }
}

const keyOf = ({ namespace, name }: StartedPod): string => `${namespace}/${name}`;
