import { isReadySidecar, type RunningPod, runningOf } from '../../../istio/index.ts';
import type { Pod } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';

/** Each is a command in a pod. */
const atMost = 3;

/** Sidecars of a cluster that are asked what they know, some of all. */
export async function someSidecars(
  cluster: MeshCluster,
  { facts }: Pick<CheckRunContext, 'facts'>,
): Promise<RunningPod[]> {
  const pods = await facts.objects<Pod>(cluster, 'v1', 'Pod');
  return runningOf(pods).filter(isReadySidecar).slice(0, atMost);
}
