import { INGRESS_NAMESPACE, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import type { Pod } from '../../kubernetes/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import type { CheckContext } from './check-context.ts';

/** Endpoints of a pod are everywhere this long after it changed. */
const endpointPropagationMs = 3_000;
/** A pod that is not ready by then is no roll-out but a fault. */
const podStartMs = 60_000;

/** Does a pod that carries the mesh or its samples come or go right now? What cannot be read does not move. */
export async function isRollingOut(
  { clusters, signal }: CheckContext,
  { listMs = 3_000, now = Date.now() }: { listMs?: number; now?: number } = {},
): Promise<boolean> {
  const lists = await Promise.allSettled(
    clusters.flatMap(({ kube, spec }) =>
      [istioNamespaceOf(spec), INGRESS_NAMESPACE, SAMPLE_NAMESPACE].map(async (namespace) =>
        kube.list<Pod>('v1', 'Pod', { namespace, signal, timeoutMs: listMs }),
      ),
    ),
  );
  return lists.some(
    (list) => list.status === 'fulfilled' && list.value.some((pod) => isPodRollingOut(pod, now)),
  );
}

/** A pod that is being deleted within its time, that starts, or whose readiness changed a moment ago. */
export function isPodRollingOut({ metadata, status }: Pod, now: number): boolean {
  if (metadata?.deletionTimestamp) return now < at(metadata.deletionTimestamp) + endpointPropagationMs;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.lastTransitionTime && now - at(ready.lastTransitionTime) < endpointPropagationMs) return true;
  const created = metadata?.creationTimestamp;
  return ready?.status !== 'True' && created !== undefined && now - at(created) < podStartMs;
}

const at = (time: string | Date): number => new Date(time).getTime();
