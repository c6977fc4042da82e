import { isIsthmusError } from '../../errors/index.ts';
import {
  createClient,
  type KubeClient,
  type KubeConnection,
  type KubeObject,
} from '../../kubernetes/index.ts';
import type { ProviderContext } from '../../provider/index.ts';
import { note } from '../../report/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import type { BalancedService, PodsByAddress } from './load-balancers.ts';

interface Ingress {
  readonly hostname?: string;
}

/** What the cluster itself says of its load balancers; nothing if it does not answer, since AWS still does. */
export async function balancedOf(
  { reporter, signal }: ProviderContext,
  { name }: EksClusterSpec,
  connect: () => Promise<KubeConnection>,
): Promise<{ services: BalancedService[]; pods: PodsByAddress }> {
  try {
    const kube = createClient(await connect());
    const services = await balancedServices(kube, signal);
    return { services, pods: await podsByAddress(kube, services, signal) };
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'CLUSTER_UNREACHABLE') throw error;
    const message = `${error.message}; its load balancers are known from AWS alone`;
    note(reporter, { level: 'warn', code: error.code, message, cluster: name });
    return { services: [], pods: new Map<string, never>() };
  }
}

/** Services of type LoadBalancer with the host names that they were given. */
async function balancedServices(kube: KubeClient, signal: AbortSignal): Promise<BalancedService[]> {
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
async function podsByAddress(
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
