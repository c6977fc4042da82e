import { type CallOptions, containersOf, type Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';

/** A running pod of the mesh, with the environment that its proxy or istiod was started with. */
export interface StartedPod {
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of all containers, native sidecars included. */
  readonly containers: readonly string[];
  /** Environment of `istio-proxy` or `discovery`; it cannot change while the pod lives. */
  readonly environment: Readonly<Record<string, string>>;
  /** Image of `istio-proxy` or `discovery`. */
  readonly image: string;
  /** Without an Envoy: a gRPC application that asks istiod itself. */
  readonly proxyless: boolean;
}

/** Every running pod of a cluster that has a proxy, gateways included. */
export async function proxyPods(cluster: MeshCluster, { signal }: CallOptions = {}): Promise<StartedPod[]> {
  const pods = await cluster.kube.list<Pod>('v1', 'Pod', { signal });
  return pods.filter(isRunning).flatMap((pod) => startedPod(pod, 'istio-proxy'));
}

/** Every running istiod of a cluster, of whatever revision. */
export async function istiodPods(cluster: MeshCluster, { signal }: CallOptions = {}): Promise<StartedPod[]> {
  const pods = await cluster.kube.list<Pod>('v1', 'Pod', {
    namespace: istioNamespaceOf(cluster.spec),
    labelSelector: 'app=istiod',
    signal,
  });
  return pods.filter(isRunning).flatMap((pod) => startedPod(pod, 'discovery'));
}

const isRunning = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' && pod.metadata?.deletionTimestamp === undefined;

function startedPod(pod: Pod, container: string): StartedPod[] {
  const containers = containersOf(pod);
  const main = containers.find(({ name }) => name === container);
  if (!main) return [];
  const { namespace = '', name = '', labels = {}, annotations = {} } = pod.metadata ?? {};
  return [
    {
      namespace,
      name,
      labels,
      ip: pod.status?.podIP ?? '',
      node: pod.spec?.nodeName ?? '',
      containers: containers.map((one) => one.name),
      environment: Object.fromEntries((main.env ?? []).map((one) => [one.name, one.value ?? ''])),
      image: main.image ?? '',
      proxyless: annotations['inject.istio.io/templates']?.includes('grpc-') ?? false,
    },
  ];
}
