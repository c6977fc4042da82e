import type { KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { LookOptions } from './pod-command.ts';

/** A pod that runs and is not being deleted. */
export interface RunningPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly node: string;
  /** `topology.kubernetes.io/zone` of its node, when the node states one. */
  readonly zone?: string | undefined;
  readonly ready: boolean;
  /** Names of all containers, native sidecars (restartable init containers) included. */
  readonly containers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
}

export interface PodObject extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The pods of a namespace that match a label selector and run, ready ones first, then by name. */
export async function runningPods(
  cluster: MeshCluster,
  namespace: string,
  selector: string,
  options: LookOptions = {},
): Promise<RunningPod[]> {
  const { signal } = options;
  const pods = await cluster.kube.list<PodObject>('v1', 'Pod', {
    namespace,
    labelSelector: selector,
    signal,
  });
  const live = pods.filter((pod) => pod.status?.phase === 'Running' && !pod.metadata?.deletionTimestamp);
  const zones = live.length > 0 ? await zonesByNode(cluster, signal) : new Map<string, string>();
  return live
    .map((pod) => runningPodOf(pod, zones))
    .sort((a, b) => Number(b.ready) - Number(a.ready) || a.name.localeCompare(b.name));
}

function runningPodOf(pod: PodObject, zones: ReadonlyMap<string, string>): RunningPod {
  const node = pod.spec.nodeName ?? '';
  const sidecars = (pod.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  return {
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    ip: pod.status?.podIP ?? '',
    node,
    zone: zones.get(node),
    ready: pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    containers: [...pod.spec.containers, ...sidecars].map(({ name }) => name),
    labels: pod.metadata?.labels ?? {},
  };
}

async function zonesByNode(
  cluster: MeshCluster,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const nodes = await cluster.kube.list('v1', 'Node', { signal });
  return new Map(
    nodes.flatMap((node) => {
      const zone = node.metadata?.labels?.['topology.kubernetes.io/zone'];
      return zone && node.metadata?.name ? [[node.metadata.name, zone] as const] : [];
    }),
  );
}
