import { resolve4, resolve6 } from 'node:dns/promises';
import { isIP } from 'node:net';
import { IsthmusError } from '../../errors/index.ts';
import type { EndpointSlice, KubeObject, Pod, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf } from '../../topology/index.ts';
import { EAST_WEST_PORT } from '../names.ts';
import { eastWestServices } from '../observe/east-west.ts';
import type { ExpectedOptions, ServiceRef } from './service-ref.ts';
import type { ClusterFacts, EndpointFact, GatewayFact } from './split-horizon.ts';

/** Everything that decides a service's endpoints, read from every cluster at once. */
export async function observeEndpoints(options: ExpectedOptions): Promise<ClusterFacts[]> {
  const { clusters, service, signal } = options;
  const services = await Promise.all(
    clusters.map((cluster) =>
      cluster.kube.get<Service>(
        { apiVersion: 'v1', kind: 'Service', namespace: service.namespace, name: service.name },
        { signal },
      ),
    ),
  );
  const portName = portNameOf(options, services);
  return Promise.all(
    clusters.map(async (cluster, at) => ({
      cluster: cluster.spec.name,
      network: cluster.spec.network,
      ipFamily: cluster.spec.ipFamily,
      endpoints: services[at] ? await serviceEndpoints(cluster, service, { portName, signal }) : [],
      gateways: await gatewayAddresses(cluster, signal),
    })),
  );
}

/** Endpoints of all clusters are joined by the port's name, as the asking cluster's Service has it. */
function portNameOf(options: ExpectedOptions, services: readonly (Service | undefined)[]): string {
  const { clusters, from, service } = options;
  const own = services[clusters.findIndex((cluster) => cluster.spec.name === from)];
  const port = [own, ...services]
    .flatMap((one) => one?.spec?.ports ?? [])
    .find((one) => one.port === service.port);
  if (port) return port.name ?? '';
  const asking = clusters.find((cluster) => cluster.spec.name === from);
  const context = asking ? contextOf(asking.spec) : from;
  throw new IsthmusError(
    'API_REFUSED',
    `no cluster has port ${service.port} of Service ${service.namespace}/${service.name}`,
    { hint: `look at kubectl --context ${context} -n ${service.namespace} get service ${service.name}` },
  );
}

async function serviceEndpoints(
  cluster: MeshCluster,
  service: ServiceRef,
  { portName, signal }: { portName: string; signal: AbortSignal | undefined },
): Promise<EndpointFact[]> {
  const { namespace, name } = service;
  const [slices, pods, nodes] = await Promise.all([
    cluster.kube.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', {
      namespace,
      labelSelector: `kubernetes.io/service-name=${name}`,
      signal,
    }),
    cluster.kube.list<Pod>('v1', 'Pod', { namespace, signal }),
    cluster.kube.list('v1', 'Node', { signal }),
  ]);
  const podByName = new Map(pods.map((pod) => [pod.metadata?.name, pod]));
  const nodeByName = new Map(nodes.map((node) => [node.metadata?.name, node]));
  return slices.flatMap((slice) => {
    const port = (slice.ports ?? []).find((one) => (one.name ?? '') === portName)?.port;
    if (port === undefined) return [];
    return (slice.endpoints ?? []).flatMap(({ addresses, targetRef, conditions }) => {
      const ready = conditions?.ready !== false;
      if (!ready && conditions?.terminating !== false) return [];
      const pod = podByName.get(targetRef?.name);
      const locality = localityOf(pod, nodeByName.get(pod?.spec?.nodeName));
      const mtls = pod?.metadata?.labels?.['security.istio.io/tlsMode'] === 'istio';
      return addresses.map((address) => ({ address, port, ready, pod: targetRef?.name, locality, mtls }));
    });
  });
}

/** As istiod derives it: the pod's own label, else region, zone and subzone of its node. */
export function localityOf(pod: Pod | undefined, node: KubeObject | undefined): string {
  const own = pod?.metadata?.labels?.['istio-locality'];
  if (own) return own.includes('/') ? own : own.replaceAll('.', '/');
  const label = (name: string) => node?.metadata?.labels?.[name] ?? '';
  const parts = [
    label('topology.kubernetes.io/region'),
    label('topology.kubernetes.io/zone'),
    label('topology.istio.io/subzone'),
  ];
  return parts.some(Boolean) ? parts.join('/') : '';
}

/** Addresses of every east-west gateway of a cluster, host names resolved. */
export async function gatewayAddresses(
  cluster: MeshCluster,
  signal?: AbortSignal | undefined,
): Promise<GatewayFact[]> {
  const found = await Promise.all((await eastWestServices(cluster.kube, { signal })).map(addressesOf));
  const unique = new Map(found.flat().map((one) => [`${one.address}|${one.port}`, one]));
  return [...unique.values()];
}

async function addressesOf(service: Service): Promise<GatewayFact[]> {
  const port = Number(service.metadata?.labels?.['networking.istio.io/gatewayPort'] ?? EAST_WEST_PORT);
  if (!service.spec?.ports?.some((one) => one.port === port)) return [];
  const ingress = (service.status?.loadBalancer?.ingress ?? []).map(
    ({ ip, hostname }) => ip || hostname || '',
  );
  const stated = [...ingress, ...(service.spec.externalIPs ?? [])].filter(Boolean);
  const addresses = await Promise.all(stated.map(resolveHost));
  return addresses.flat().map((address) => ({ address, port }));
}

/** istiod resolves a load balancer's name to all its addresses; a name that has none yet yields none. */
async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  const answers = await Promise.allSettled([resolve4(host), resolve6(host)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
