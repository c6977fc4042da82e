import {
  type CallOptions,
  type EndpointSlice,
  type KubeClient,
  loadBalancerAddresses,
  type Service,
} from '../kubernetes/index.ts';
import type { LoadBalancer, LoadBalancerTarget, TargetState } from '../provider/index.ts';

type Endpoint = EndpointSlice['endpoints'][number];

/** Whatever cloud is behind the cluster, its API tells only what the pods report. */
const description = 'readiness of the pod; the load balancer’s own health checks are not visible from here';

/** The mesh's gateways of type LoadBalancer, their targets as the EndpointSlices have them. */
export async function gatewayLoadBalancers(
  client: KubeClient,
  options: CallOptions,
): Promise<LoadBalancer[]> {
  const services = await client.list<Service>('v1', 'Service', options);
  const gateways = services.filter((service) => service.spec?.type === 'LoadBalancer' && isGateway(service));
  return Promise.all(
    gateways.map(async (service) => {
      const { name = '', namespace = '' } = service.metadata ?? {};
      const labelSelector = `kubernetes.io/service-name=${name}`;
      const found = { namespace, labelSelector, ...options };
      const slices = await client.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', found);
      return loadBalancerOf(client.cluster, service, slices);
    }),
  );
}

/** By what Istio's charts and `istioctl` alike select gateways. */
function isGateway({ metadata, spec }: Service): boolean {
  return (
    spec?.selector?.['istio'] !== undefined || metadata?.labels?.['topology.istio.io/network'] !== undefined
  );
}

function loadBalancerOf(cluster: string, service: Service, slices: readonly EndpointSlice[]): LoadBalancer {
  return {
    cluster,
    namespace: service.metadata?.namespace ?? '',
    service: service.metadata?.name ?? '',
    addresses: loadBalancerAddresses(service),
    listeners: (service.spec?.ports ?? []).map(({ name, port }) => ({
      port,
      targets: slices.flatMap((slice) => targetsOf(slice, name ?? '')),
    })),
  };
}

function targetsOf(slice: EndpointSlice, portName: string): LoadBalancerTarget[] {
  const port = slice.ports?.find(({ name }) => (name ?? '') === portName)?.port;
  if (port === undefined) return [];
  return slice.endpoints.flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({ address, port, ...seen(endpoint) })),
  );
}

function seen({
  conditions,
  zone,
  nodeName,
  targetRef,
}: Endpoint): Omit<LoadBalancerTarget, 'address' | 'port'> {
  const state = stateOf(conditions);
  const reason = state === 'unhealthy' ? 'the pod is not ready' : undefined;
  const pod = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
  return { state, reason, description, zone, node: nodeName, pod };
}

function stateOf(conditions: Endpoint['conditions']): TargetState {
  if (conditions?.terminating) return 'draining';
  return conditions?.ready === false ? 'unhealthy' : 'healthy';
}
