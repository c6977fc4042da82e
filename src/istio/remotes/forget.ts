import pLimit from 'p-limit';
import { type IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, type WaitOptions, waitUntil } from '../../process/index.ts';
import { contextOf, istioNamespaceOf } from '../../topology/index.ts';
import { INGRESS_NAMESPACE } from '../names.ts';
import { remoteClusterStatus } from '../observe/istiod.ts';
import { proxyClusters } from '../observe/proxy.ts';
import { proxyPods, type StartedPod } from '../observe/proxy-pods.ts';
import { runningIstiods } from '../observe/running-pods.ts';
import { MULTI_CLUSTER, remoteSecretRef } from './remote-secret.ts';
import { type Reading, restartClinging, restartStale, staleIstiods } from './stale-istiod.ts';

/** Who forgets, and what. */
export interface Forgetting extends Reading {
  /** By which proxies elsewhere reach pods of that cluster, and no other's. */
  readonly addresses: ReadonlySet<string>;
  /** Does the cluster answer? */
  readonly answers: boolean;
}

/**
 * Take a cluster's secret from one peer, and resolve when no istiod and no proxy there has an endpoint of it. Gone
 * is success. TIMED_OUT says who still has what.
 */
export async function forget(forgetting: Forgetting): Promise<void> {
  const { peer, name, answers, signal } = forgetting;
  const secrets = await peer.kube.list('v1', 'Secret', {
    namespace: istioNamespaceOf(peer.spec),
    labelSelector: MULTI_CLUSTER,
    signal,
  });
  const own = secrets.some(({ metadata }) => metadata?.name === remoteSecretRef(peer.spec, name).name);
  if (own && answers) await restartClinging(forgetting);
  if (own) await peer.kube.remove(remoteSecretRef(peer.spec, name), { signal });
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
  hint: `see what is named; where an istiod still has endpoints, kubectl --context ${contextOf(peer.spec)} -n ${istioNamespaceOf(peer.spec)} rollout restart its Deployment; isthmus down --force goes on all the same`,
});

/** Pods come and go meanwhile: a look that fails tells nothing, and the wait's end says why it did. */
async function quietly(look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    throw isRetryable(error) ? new NotReady(messageOf(error)) : error;
  }
}

const isRetryable = (error: unknown): error is IsthmusError =>
  isIsthmusError(error) && error.source !== 'interrupted' && error.source !== 'bug';

async function requireUnwatched(forgetting: Forgetting): Promise<void> {
  const { peer, name, signal } = forgetting;
  for (const pod of await runningIstiods(peer, { signal })) {
    const statuses = await remoteClusterStatus(peer, pod.name, { signal });
    const watched = statuses.find(({ id }) => id === name);
    if (watched) throw new NotReady(`${pod.name} still watches it by ${watched.secretName}`);
  }
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
    .filter((pod) => !pod.proxyless && !clear.has(podKey(pod)))
    .sort((a, b) => isGateway(b) - isGateway(a));
  const limit = pLimit(atOnce);
  const looks = proxies.map((pod) =>
    limit(async () => {
      const endpoints = await proxyClusters(peer, pod, { signal });
      const left = endpoints.find(({ address }) => addresses.has(address));
      if (left) throw new NotReady(`${pod.name} still has ${left.address} in ${left.cluster}`);
      clear.add(podKey(pod));
    }),
  );
  try {
    await Promise.all(looks);
  } finally {
    limit.clearQueue();
  }
}

const podKey = ({ namespace, name }: StartedPod): string => `${namespace}/${name}`;
