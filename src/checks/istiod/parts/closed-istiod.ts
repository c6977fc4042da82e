import { isIsthmusError } from '../../../errors/index.ts';
import { dialFromProxy, hasProxy } from '../../../istio/index.ts';
import { type CallingPod, isReady, type Pod } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { closedByPolicy } from '../../facts/network-policies.ts';

/** By which proxies get their configuration and certificates. */
const discoveryPort = 15012;

/**
 * NetworkPolicies that keep proxies from istiod, where a proxy is not ready: what it got before it keeps, so
 * that nothing shows until it starts anew. Whether a policy is enforced is asked of the proxy itself: one that
 * connects has another reason, and one that cannot be asked yet may still become ready.
 */
export async function closedToProxies(cluster: MeshCluster, context: CheckRunContext): Promise<Finding[]> {
  const { facts } = context;
  const [pods, namespaces] = await Promise.all([
    facts.objects<Pod>(cluster, 'v1', 'Pod'),
    facts.objects(cluster, 'v1', 'Namespace'),
  ]);
  const istiods = pods.filter(({ metadata }) => metadata?.labels?.['app'] === 'istiod');
  const waiting = pods.filter((pod) => hasProxy(pod) && !isReady(pod) && !pod.metadata?.deletionTimestamp);
  const labelsOf = (name: string | undefined) =>
    namespaces.find(({ metadata }) => metadata?.name === name)?.metadata?.labels ?? {};
  const found = await Promise.all(
    waiting.map(async (pod) => {
      const from = { pod, namespaceLabels: labelsOf(pod.metadata?.namespace) };
      return closedFrom(from, { cluster, context, istiods });
    }),
  );
  const known = found.flatMap((one) => one ?? []);
  return [...new Map(known.map((one) => [`${one.object} ${one.message}`, one])).values()];
}

interface Istiods {
  readonly cluster: MeshCluster;
  readonly context: CheckRunContext;
  readonly istiods: readonly Pod[];
}

/** Only if none of the istiods lets it in. */
async function closedFrom(from: CallingPod, all: Istiods): Promise<Finding | undefined> {
  const { cluster, context, istiods } = all;
  const caller = `proxies of namespace ${from.pod.metadata?.namespace}`;
  const effect = 'they get neither configuration nor certificates and do not become ready';
  const found = await Promise.all(
    istiods.map((to) => closedByPolicy(cluster, context, { from, to, port: discoveryPort, caller, effect })),
  );
  const [first] = found;
  if (!first || !found.every(Boolean)) return undefined;
  const dialled = await Promise.all(istiods.map((to) => dial(from.pod, to, all)));
  if (dialled.some(({ state }) => state === 'open')) return undefined;
  const [one] = dialled;
  if (!one || !dialled.every(({ state }) => state === 'closed')) return first;
  const evidence = `Pod ${from.pod.metadata?.namespace}/${from.pod.metadata?.name}: ${one.said}`;
  return { ...first, evidence, isLasting: true };
}

/** A container that does not run yet refuses the command, which says nothing of the port. */
async function dial({ metadata }: Pod, to: Pod, { cluster, context }: Istiods) {
  const { name = '', namespace = '' } = metadata ?? {};
  const address = to.status?.podIP;
  if (!address) return { state: 'unknown', said: '' } as const;
  const options = { pod: { name, namespace }, address, port: discoveryPort, signal: context.signal };
  return dialFromProxy(cluster, options).catch((error: unknown) => {
    if (context.signal.aborted || !isIsthmusError(error)) throw error;
    return { state: 'unknown', said: error.message } as const;
  });
}
