import { isReadySidecar, type RunningPod, runningPods } from '../../../istio/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';

/** Each is a command in a pod. */
const atMost = 3;

/** Sidecars of a cluster that are asked what they know, some of all. */
export async function someSidecars(cluster: MeshCluster, signal: AbortSignal): Promise<RunningPod[]> {
  const pods = await runningPods(cluster, { signal });
  return pods.filter(isReadySidecar).slice(0, atMost);
}
