import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { type RunningPod, runningPods } from '../observe/running-pods.ts';

/** A pod that can send requests: the sample client of one cluster. */
export interface CallerPod extends Pick<RunningPod, 'namespace' | 'name' | 'node' | 'ip'> {
  readonly cluster: MeshCluster;
  readonly container: string;
}

/** The sample client of a cluster; undefined if none is ready. */
export async function callerPod(cluster: MeshCluster, signal: AbortSignal): Promise<CallerPod | undefined> {
  const [pod] = await runningPods(cluster, {
    namespace: SAMPLE_NAMESPACE,
    labelSelector: 'app=sleep',
    signal,
  });
  if (!pod?.ready) return undefined;
  const { namespace, name, node, ip } = pod;
  return { cluster, namespace, name, node, ip, container: 'sleep' };
}

export interface AnswerersOptions {
  readonly clusters: readonly MeshCluster[];
  readonly namespace: string;
  /** Of the pods that answer. */
  readonly selector: string;
  readonly signal: AbortSignal;
}

/** Answers name their pod; a pod's name tells its cluster. Returns that of every pod that runs now. */
export async function answererClusters(options: AnswerersOptions): Promise<Map<string, string>> {
  const { clusters, namespace, selector, signal } = options;
  const found = await allOf(
    clusters.map(async (cluster) => {
      const pods = await runningPods(cluster, { namespace, labelSelector: selector, signal });
      return pods.map(({ name }): [string, string] => [name, cluster.spec.name]);
    }),
  );
  return new Map(found.flat());
}
