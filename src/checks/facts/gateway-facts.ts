import {
  apiGatewaysOf,
  EAST_WEST_LABEL,
  eastWestServices,
  gatewayNodes,
  gatewaysInUse,
  type MeshNetworks,
  type NamedServices,
  NETWORK_LABEL,
  namedEntries,
  namedServices,
  networkStatedFor,
} from '../../istio/index.ts';
import {
  type ApiGateway,
  type Deployment,
  type IstioGateway,
  type KubeObject,
  type Node,
  type Pod,
  type Service,
  selectorOf,
  selects,
} from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf, istioNamespacesOf } from '../../topology/index.ts';
import type { CheckContext } from '../engine/check-context.ts';
import { namespacedNameOf } from './istio-objects.ts';

/** Everything of one cluster's east-west gateways, in whatever namespaces they are. */
export interface GatewayFacts {
  readonly deployments: readonly Deployment[];
  readonly services: readonly Service[];
  readonly pods: readonly Pod[];
  readonly entries: readonly IstioGateway[];
  readonly apiGateways?: readonly ApiGateway[];
  /** Where a gateway is reached by its nodes. */
  readonly nodes?: readonly Node[];
  /** Network that istiod takes for its own cluster's. */
  readonly systemNetwork: string | undefined;
  /** Networks that peers' istiods take for the cluster's, by the namespaces in which they look, where those are others. */
  readonly networksForPeers?: ReadonlyMap<string, string | undefined> | undefined;
  /** What the mesh configuration of the cluster's own istiod says, where it says anything. */
  readonly stated?: StatedHere | undefined;
}

/** A cluster by the `meshNetworks` of its own istiod. */
export interface StatedHere {
  /** Its network; a label on the namespace goes before. */
  readonly network: string | undefined;
  /** `namespace/name` of Services that are gateways by it, and not by a label. */
  readonly named: readonly string[];
  /** Full names of Services that it names and that are not there. */
  readonly absent: readonly string[];
  /** Whether other clusters are in that network too, one of which may have them. */
  readonly shared: boolean;
  /** Why istiod takes none of it. */
  readonly fault?: string | undefined;
}

type GatewayContext = Pick<CheckContext, 'topology' | 'signal'> & {
  /** Of its own istiod. */
  readonly networks: MeshNetworks;
};

/** Services first: what they select are the gateways. A Deployment with the usual label counts without one. */
export async function observeGateways(
  { kube, spec }: MeshCluster,
  { topology, networks, signal }: GatewayContext,
): Promise<GatewayFacts> {
  const [own, ...others] = istioNamespacesOf(spec, topology.clusters);
  const networkIn = async (name: string) =>
    (await kube.get({ apiVersion: 'v1', kind: 'Namespace', name }, { signal }))?.metadata?.labels?.[
      NETWORK_LABEL
    ];
  const named = await namedServices(kube, namedEntries(networks.stated, spec.name), { signal });
  const [found, usual, entries, apiGateways, systemNetwork, networksForPeers] = await Promise.all([
    eastWestServices(kube, { signal }),
    kube.list<Deployment>('apps/v1', 'Deployment', {
      labelSelector: `istio=${EAST_WEST_LABEL}`,
      signal,
    }),
    kube.list<IstioGateway>('networking.istio.io/v1', 'Gateway', { signal }),
    apiGatewaysOf(kube, { signal }),
    networkIn(own ?? istioNamespaceOf(spec)),
    Promise.all(others.map(async (name) => [name, await networkIn(name)] as const)),
  ]);
  const services = [...named.services, ...besides(found, named.services)];
  const [nodes, ...selected] = await Promise.all([
    gatewayNodes(kube, services, { signal }),
    ...services.map((service) => workloadsOf(service, kube, signal)),
  ]);
  return {
    deployments: unique([...usual, ...selected.flatMap((one) => one.deployments)]),
    services,
    pods: unique(selected.flatMap((one) => one.pods)),
    entries,
    apiGateways,
    nodes,
    systemNetwork,
    networksForPeers: new Map(networksForPeers),
    stated: statedHere(spec.name, { networks, named, pods: selected.flatMap(({ pods }) => pods) }),
  };
}

interface Stating {
  readonly networks: MeshNetworks;
  readonly named: NamedServices;
  readonly pods: readonly Pod[];
}

const statedHere = (cluster: string, { networks, named, pods }: Stating): StatedHere => ({
  network: statedNetwork(cluster, networks, pods),
  named: named.services.map(namespacedNameOf),
  absent: named.absent,
  shared: networks.stated.some(({ registries }) => registries.includes(cluster) && registries.length > 1),
  fault: networks.fault,
});

/** Where the mesh configuration names gateways, a Service that has no more than their port is none. */
function besides(found: readonly Service[], named: readonly Service[]): readonly Service[] {
  if (named.length === 0) return found;
  const names = named.map(namespacedNameOf);
  return found.filter(
    (one) =>
      !names.includes(namespacedNameOf(one)) &&
      (one.metadata?.labels?.[NETWORK_LABEL] || one.metadata?.labels?.['istio'] === EAST_WEST_LABEL),
  );
}

const statedNetwork = (cluster: string, { stated }: MeshNetworks, pods: readonly Pod[]): string | undefined =>
  networkStatedFor(stated, { cluster, podIP: pods.flatMap(({ status }) => status?.podIP ?? [])[0] });

async function workloadsOf(
  { metadata, spec }: Service,
  kube: MeshCluster['kube'],
  signal: AbortSignal,
): Promise<Pick<GatewayFacts, 'deployments' | 'pods'>> {
  const { selector = {} } = spec ?? {};
  if (Object.keys(selector).length === 0) return { deployments: [], pods: [] };
  const labelSelector = selectorOf(selector);
  const { namespace } = metadata ?? {};
  const [deployments, pods] = await Promise.all([
    kube.list<Deployment>('apps/v1', 'Deployment', { namespace, signal }),
    kube.list<Pod>('v1', 'Pod', { namespace, labelSelector, signal }),
  ]);
  return { deployments: deployments.filter((one) => selects(selector, templateLabels(one))), pods };
}

/** One of a cluster's east-west gateways: a Service and what it selects. */
export interface EastWestGateway {
  readonly service: Service;
  readonly pods: readonly Pod[];
  readonly deployments: readonly Deployment[];
  /** Peers send requests to it. */
  readonly inUse: boolean;
}

/** Each gateway by itself; several of them share the requests of other networks. */
export function eachGateway({ services, pods, deployments }: GatewayFacts): EastWestGateway[] {
  const used = gatewaysInUse(services);
  return services.map((service) => {
    const { selector = {} } = service.spec ?? {};
    const isBehind = (object: KubeObject, labels: Readonly<Record<string, string>> = {}) =>
      object.metadata?.namespace === service.metadata?.namespace && selects(selector, labels);
    return {
      service,
      pods: pods.filter((pod) => isBehind(pod, pod.metadata?.labels)),
      deployments: deployments.filter((one) => isBehind(one, templateLabels(one))),
      inUse: used.includes(service),
    };
  });
}

export const templateLabels = ({ spec }: Deployment): Readonly<Record<string, string>> =>
  spec?.template?.metadata?.labels ?? {};

function unique<T extends KubeObject>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((one) => [namespacedNameOf(one), one])).values()];
}
