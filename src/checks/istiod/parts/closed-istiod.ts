import { hasProxy } from '../../../istio/index.ts';
import { type CallingPod, isReady, type Pod } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { closedByPolicy } from '../../facts/network-policies.ts';

/** By which proxies get their configuration and certificates. */
const discoveryPort = 15012;

/**
 * NetworkPolicies that keep proxies from istiod, where a proxy is not ready: what it got before it keeps, so
 * that nothing shows until it starts anew. Whether a policy is enforced shows in nothing else.
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
async function closedFrom(
  from: CallingPod,
  { cluster, context, istiods }: Istiods,
): Promise<Finding | undefined> {
  const caller = `proxies of namespace ${from.pod.metadata?.namespace}`;
  const effect = 'they get neither configuration nor certificates and do not become ready';
  const found = await Promise.all(
    istiods.map((to) => closedByPolicy(cluster, context, { from, to, port: discoveryPort, caller, effect })),
  );
  return found.every(Boolean) ? found[0] : undefined;
}
