import type { CallOptions, ListOptions, Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { EAST_WEST_LABEL } from '../names.ts';

/** A pod that runs and is not being deleted. */
export interface RunningPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly node: string;
  readonly ready: boolean;
  /** Names of all containers, native sidecars (restartable init containers) included. */
  readonly containers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The pods of a namespace, or of all, that match a label selector and run, ready ones first, then by name. */
export async function runningPods(cluster: MeshCluster, options: ListOptions): Promise<RunningPod[]> {
  return runningOf(await cluster.kube.list<Pod>('v1', 'Pod', options));
}

/** Those of them that run, ready ones first, then by name. */
export function runningOf(pods: readonly Pod[]): RunningPod[] {
  const live = pods.filter((pod) => pod.status?.phase === 'Running' && !pod.metadata?.deletionTimestamp);
  return live
    .map(runningPodOf)
    .sort((a, b) => Number(b.ready) - Number(a.ready) || a.name.localeCompare(b.name));
}

/** istiod's, of whatever revision. */
export const runningIstiods = (cluster: MeshCluster, options: CallOptions = {}): Promise<RunningPod[]> =>
  runningPods(cluster, {
    namespace: istioNamespaceOf(cluster.spec),
    labelSelector: 'app=istiod',
    ...options,
  });

/** Those of the gateways between networks, in whatever namespace. */
export const runningEastWestGateways = (
  cluster: MeshCluster,
  options: CallOptions = {},
): Promise<RunningPod[]> => runningPods(cluster, { labelSelector: `istio=${EAST_WEST_LABEL}`, ...options });

function runningPodOf(pod: Pod): RunningPod {
  const sidecars = (pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  return {
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    ip: pod.status?.podIP ?? '',
    node: pod.spec?.nodeName ?? '',
    ready: pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    containers: [...(pod.spec?.containers ?? []), ...sidecars].map(({ name }) => name),
    labels: pod.metadata?.labels ?? {},
  };
}
