import type { KubeClient, KubeObject } from '../../kubernetes/index.ts';
import type { BalancedService, PodsByAddress } from './load-balancers.ts';

interface Ingress {
  readonly hostname?: string;
}

/** Services of type LoadBalancer with the host names that they were given. */
export async function balancedServices(kube: KubeClient, signal: AbortSignal): Promise<BalancedService[]> {
  const services = await kube.list('v1', 'Service', { signal });
  return services
    .filter((service) => (service['spec'] as { type?: string } | undefined)?.type === 'LoadBalancer')
    .map((service) => ({
      namespace: service.metadata?.namespace ?? '',
      name: service.metadata?.name ?? '',
      hostnames: ingressOf(service).flatMap(({ hostname }) => (hostname ? [hostname] : [])),
    }));
}

function ingressOf(service: KubeObject): readonly Ingress[] {
  const status = service['status'] as { loadBalancer?: { ingress?: Ingress[] } } | undefined;
  return status?.loadBalancer?.ingress ?? [];
}

interface Endpoint {
  readonly addresses?: readonly string[];
  readonly nodeName?: string;
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

/** Which pod and node have an address, from the EndpointSlices of these Services. */
export async function podsByAddress(
  kube: KubeClient,
  services: readonly BalancedService[],
  signal: AbortSignal,
): Promise<PodsByAddress> {
  const namespaces = [...new Set(services.map(({ namespace }) => namespace))];
  const slices = await Promise.all(
    namespaces.map((namespace) => kube.list('discovery.k8s.io/v1', 'EndpointSlice', { namespace, signal })),
  );
  const endpoints = slices.flat().flatMap((slice) => (slice['endpoints'] as Endpoint[] | undefined) ?? []);
  return new Map(
    endpoints
      .filter(({ targetRef }) => targetRef?.kind === 'Pod' && targetRef.name)
      .flatMap(({ addresses = [], nodeName, targetRef }) =>
        addresses.map((address) => [address, { pod: targetRef?.name ?? '', node: nodeName }] as const),
      ),
  );
}
