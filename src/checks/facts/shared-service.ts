import {
  clusterLocalOf,
  fullHost,
  hasSidecar,
  isClusterLocal,
  isReadySidecar,
  istioOf,
  meshConfigs,
  type RunningPod,
  runningPods,
  type ServiceRef,
  trafficDistributionOf,
} from '../../istio/index.ts';
import { isReady, type Pod, type Service, selects } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import type { CheckContext } from '../engine/check-context.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { namespacedNameOf } from './istio-objects.ts';

interface Candidate {
  readonly key: string;
  readonly service: ServiceRef;
  /** Has ready pods with a sidecar here. */
  readonly served: boolean;
}

/**
 * A Service of the user's that is in every cluster and answered by pods with sidecars in at least two,
 * where the samples are not there to look at; undefined without one. Those that are kept in their
 * cluster, or chosen by distance, say nothing about the way between clusters and are left out.
 */
export async function findSharedService({ clusters, signal }: CheckContext): Promise<ServiceRef | undefined> {
  const observations = await eachCluster(clusters, (cluster) => candidates(cluster, signal));
  const [first = []] = observations;
  const shared = first.filter(({ key }) => {
    const copies = observations.map((observation) => observation.find((one) => one.key === key));
    return copies.every(Boolean) && copies.filter((one) => one?.served).length > 1;
  });
  return shared.sort((a, b) => a.key.localeCompare(b.key))[0]?.service;
}

async function candidates({ kube, spec }: MeshCluster, signal: AbortSignal): Promise<Candidate[]> {
  const [namespaces, services, pods, configs] = await Promise.all([
    kube.list('v1', 'Namespace', { signal }),
    kube.list<Service>('v1', 'Service', { signal }),
    kube.list<Pod>('v1', 'Pod', { signal }),
    meshConfigs(istioOf({ kube, spec }), { signal }),
  ]);
  const kept = configs.map(clusterLocalOf);
  const namespaceOf = ({ metadata }: Service) =>
    namespaces.find((one) => one.metadata?.name === metadata?.namespace);
  const servers = pods.filter((pod) => isReady(pod) && hasSidecar(pod));
  return services
    .filter((one) => isPlain(one, istioNamespaceOf(spec)) && !trafficDistributionOf(one, namespaceOf(one)))
    .filter((one) => !kept.some((settings) => isClusterLocal(settings, hostOf(one))))
    .map((service) => ({
      key: namespacedNameOf(service),
      service: {
        namespace: service.metadata?.namespace ?? '',
        name: service.metadata?.name ?? '',
        port: service.spec?.ports?.[0]?.port ?? 0,
      },
      served: servers.some(
        ({ metadata }) =>
          metadata?.namespace === service.metadata?.namespace &&
          selects(service.spec?.selector, metadata?.labels),
      ),
    }));
}

const hostOf = ({ metadata: { name = '', namespace = '' } = {} }: Service): string =>
  fullHost({ name, namespace });

const notTheirs = /^(kube-|istio-)/;

function isPlain({ metadata, spec }: Service, istioNamespace: string): boolean {
  const [port] = spec?.ports ?? [];
  return (
    !notTheirs.test(metadata?.namespace ?? '') &&
    metadata?.namespace !== istioNamespace &&
    spec?.clusterIP !== 'None' &&
    spec?.internalTrafficPolicy !== 'Local' &&
    metadata?.labels?.['istio'] === undefined &&
    Object.keys(metadata?.annotations ?? {}).every((key) => !key.startsWith('networking.istio.io/')) &&
    (port?.protocol ?? 'TCP') === 'TCP' &&
    port !== undefined
  );
}

const atMost = 3;

/** Pods of a service's namespace whose sidecars tell what they know of it. */
export async function sidecarsBeside(
  cluster: MeshCluster,
  { namespace }: ServiceRef,
  { signal }: CheckContext,
): Promise<RunningPod[]> {
  const pods = await runningPods(cluster, { namespace, signal });
  return pods.filter(isReadySidecar).slice(0, atMost);
}
