import { INGRESS_NAMESPACE, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import type { Pod } from '../../kubernetes/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { FreshRead } from '../facts/fresh-read.ts';
import type { CheckContext } from './check-context.ts';

/** Endpoints of a pod are everywhere this long after it changed. */
const endpointPropagationMs = 3_000;
/**
 * A former istiod lets its proxies go no sooner than ten seconds after its successor was ready (the flag
 * shutdownDuration of pilot-discovery), and pushes nothing to them meanwhile; then they come back one by one.
 */
const istiodSuccessionMs = 15_000;
/** A pod that is not ready by then is no roll-out but a fault. */
const podStartMs = 60_000;

/** Whether pods move, read once for all that ask together: whatever fails in a large mesh asks. */
export class RollOuts {
  readonly #context: CheckContext;
  #pods: FreshRead<Pod[]> | undefined;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  /** Does a pod that carries the mesh or its samples move, or did one when a look began at `since`? */
  async underWay({ listMs, since = Date.now() }: Look = {}): Promise<boolean> {
    this.#pods ??= new FreshRead(() => carryingPods(this.#context, listMs));
    const pods = await this.#pods.get();
    return pods.some((pod) => isPodRollingOut(pod, since));
  }
}

interface Look {
  /** For one list of pods. */
  readonly listMs?: number | undefined;
  /** Milliseconds since the epoch; now without it. */
  readonly since?: number | undefined;
}

/** The pods that carry the mesh and its samples, in all clusters. What cannot be read does not move. */
async function carryingPods({ clusters, signal }: CheckContext, listMs = 3_000): Promise<Pod[]> {
  const lists = await Promise.allSettled(
    clusters.flatMap(({ kube, spec }) =>
      [istioNamespaceOf(spec), INGRESS_NAMESPACE, SAMPLE_NAMESPACE].map(async (namespace) =>
        kube.list<Pod>('v1', 'Pod', { namespace, signal, timeoutMs: listMs }),
      ),
    ),
  );
  return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
}

/**
 * A pod that is being deleted within its time, that starts, or whose readiness changed so late that whoever
 * began to look at `since` (milliseconds since the epoch) may have seen proxies that had not heard of it.
 */
export function isPodRollingOut({ metadata, status }: Pod, since: number): boolean {
  if (metadata?.deletionTimestamp) return since < at(metadata.deletionTimestamp) + endpointPropagationMs;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const heardMs = metadata?.labels?.['app'] === 'istiod' ? istiodSuccessionMs : endpointPropagationMs;
  if (ready?.lastTransitionTime && since - at(ready.lastTransitionTime) < heardMs) return true;
  const created = metadata?.creationTimestamp;
  return ready?.status !== 'True' && created !== undefined && since - at(created) < podStartMs;
}

const at = (time: string | Date): number => new Date(time).getTime();
