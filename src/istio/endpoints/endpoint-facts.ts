import { IsthmusError } from '../../errors/index.ts';
import type { CallOptions, EndpointSlice, KubeObject, Pod, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf } from '../../topology/index.ts';
import { labelledServices } from '../observe/east-west.ts';
import { gatewayNodes, statedGateways } from '../observe/gateway-address.ts';
import { apiGatewaysOf, apiNetworkGateways, isRemote } from './api-gateways.ts';
import { resolveAll } from './resolve-host.ts';
import type { GatewayAddresses, ServiceObservation } from './service-observation.ts';
import type { ExpectedOptions, ServiceRef } from './service-ref.ts';
import type { ClusterFacts, EndpointFact, GatewayFact } from './split-horizon.ts';

export interface ObserveServiceOptions extends CallOptions {
  /** The cluster's nodes, where they are read already. */
  readonly nodes?: Promise<readonly KubeObject[]> | undefined;
  /** Where its gateways are, likewise. */
  readonly gateways?: Promise<GatewayAddresses> | undefined;
}

/** Read what decides a service's endpoints in one cluster. Throws what its API server throws. */
export async function observeService(
  cluster: MeshCluster,
  { namespace, name }: Pick<ServiceRef, 'namespace' | 'name'>,
  known: ObserveServiceOptions,
): Promise<ServiceObservation> {
  const { kube } = cluster;
  const { signal } = known;
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const [service, slices, pods, nodes, gateways] = await Promise.all([
    kube.get<Service>({ apiVersion: 'v1', kind: 'Service', namespace, name }, { signal }),
    kube.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', { namespace, labelSelector, signal }),
    kube.list<Pod>('v1', 'Pod', { namespace, signal }),
    known.nodes ?? kube.list('v1', 'Node', { signal }),
    known.gateways ?? gatewayAddresses(cluster, signal),
  ]);
  return { service, slices, pods, nodes, gateways };
}

/** Everything that decides a service's endpoints, read from every cluster at once. */
export async function observeEndpoints(options: ExpectedOptions): Promise<ClusterFacts[]> {
  const { clusters, service, signal } = options;
  const observe = options.observe ?? ((cluster) => observeService(cluster, service, { signal }));
  const observed = await Promise.all(clusters.map(observe));
  const portName = portNameOf(
    options,
    observed.map((one) => one.service),
  );
  return clusters.map(({ spec }, at) => {
    const { gateways, ...one } = observed[at] as ServiceObservation;
    return {
      cluster: spec.name,
      network: spec.network,
      ipFamily: spec.ipFamily,
      endpoints: one.service ? endpointsOf(one, portName) : [],
      gateways: gateways.addresses,
      ...(gateways.described.length > 0 ? { described: gateways.described } : {}),
      unresolved: gateways.unresolved,
    };
  });
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

function endpointsOf(
  { slices, pods, nodes }: Pick<ServiceObservation, 'slices' | 'pods' | 'nodes'>,
  portName: string,
): EndpointFact[] {
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

/**
 * Addresses of every east-west gateway of a cluster by which other networks come in, and of those that Gateways
 * there describe for its own istiod. What the mesh configuration states is not among them.
 */
export async function gatewayAddresses(
  cluster: MeshCluster,
  signal?: AbortSignal | undefined,
): Promise<GatewayAddresses> {
  const { kube, spec } = cluster;
  const [services, api] = await Promise.all([
    labelledServices(kube, { signal }),
    apiGatewaysOf(kube, { signal }),
  ]);
  const nodes = await gatewayNodes(kube, services, { signal });
  const stated = services.flatMap((service) => statedGateways(service, nodes));
  const own = apiNetworkGateways(api.filter((one) => !isRemote(one)));
  const remote = apiNetworkGateways(api.filter(isRemote));
  const [found, described] = await Promise.all([
    resolveAll([...stated, ...own.filter(({ network }) => network === spec.network)]),
    resolveAll(remote),
  ]);
  return {
    addresses: distinct(found.flatMap(({ facts }) => facts)),
    described: distinct(
      described.flatMap(({ facts, of }) => facts.map((fact) => ({ ...fact, network: of.network }))),
    ),
    unresolved: [...new Set([...found, ...described].flatMap(({ refusal }) => refusal ?? []))],
  };
}

const distinct = <G extends GatewayFact>(gateways: readonly G[]): G[] => [
  ...new Map(gateways.map((one) => [`${one.address}|${one.port}`, one])).values(),
];
