import type { CallOptions, KubeClient, Node, Service } from '../../kubernetes/index.ts';
import { EAST_WEST_PORT } from '../names.ts';

/** By which a gateway's Service names another port than 15443 for other networks (istio.io/api/label). */
export const GATEWAY_PORT_LABEL = 'networking.istio.io/gatewayPort';
/** By which a NodePort Service says which nodes' addresses are its own, labels as JSON (istio.io/api/annotation). */
export const NODE_SELECTOR_ANNOTATION = 'traffic.istio.io/nodeSelector';

/** The port of a gateway's Service by which other networks come in; one that is no number is ignored, as by istiod. */
export function crossNetworkPort({ metadata }: Service): number {
  const stated = metadata?.labels?.[GATEWAY_PORT_LABEL] ?? '';
  return /^\d+$/.test(stated) ? Number(stated) : EAST_WEST_PORT;
}

interface StatedGateway {
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
}

/** Do nodes' addresses count as this gateway's? */
export const isByNodes = ({ spec, metadata }: Service): boolean =>
  spec?.type === 'NodePort' && metadata?.annotations?.[NODE_SELECTOR_ANNOTATION] !== undefined;

/** The nodes whose addresses may be a gateway's; asked for only where a Service is reached by nodes. */
export async function gatewayNodes(
  kube: KubeClient,
  services: readonly Service[],
  options: CallOptions = {},
): Promise<Node[]> {
  return services.some(isByNodes) ? kube.list<Node>('v1', 'Node', options) : [];
}

/**
 * Where istiod sends what goes to a gateway's network (istio.io/istio pilot/pkg/serviceregistry/kube, ConvertService,
 * and controller/network.go, extractGatewaysInner): to its load balancer and its `externalIPs`, and only where it has
 * neither, for a NodePort with a node selector, to the external addresses of the nodes that it selects.
 * @param nodes needed only where {@link isByNodes}
 */
export function statedGateways(service: Service, nodes: readonly Node[]): StatedGateway[] {
  const port = crossNetworkPort(service);
  const isThere = service.spec?.ports?.some((one) => one.port === port) ?? false;
  return isThere ? gatewaysAt(service, { nodes, port }) : [];
}

/** As {@link statedGateways} by a port of the mesh configuration: istiod does not ask whether the Service has that. */
export function gatewaysAt(
  service: Service,
  { nodes, port }: { readonly nodes: readonly Node[]; readonly port: number },
): StatedGateway[] {
  const hosts = outerHosts(service);
  const byNodes = isByNodes(service);
  const all = hosts.length === 0 && byNodes ? nodeHosts(service, nodes) : hosts;
  // Node ports count for its `externalIPs` as well.
  const mapped = byNodes ? service.spec?.ports?.find((one) => one.port === port)?.nodePort : undefined;
  return all.map((host) => ({ host, port: mapped ?? port }));
}

/** The status counts for a Service of type LoadBalancer alone, `externalIPs` for every type. */
const outerHosts = (service: Service): string[] => [
  ...(service.spec?.type === 'LoadBalancer' ? loadBalancerHosts(service) : []),
  ...(service.spec?.externalIPs ?? []),
];

const loadBalancerHosts = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);

function nodeHosts(service: Service, nodes: readonly Node[]): string[] {
  const { labels } = nodeSelectorOf(service);
  const wanted = Object.entries(labels);
  return nodes
    .filter(({ metadata }) => wanted.every(([key, value]) => metadata?.labels?.[key] === value))
    .flatMap(externalAddress);
}

interface NodeSelector {
  /** Labels that a node must have; none is every node. */
  readonly labels: Readonly<Record<string, string>>;
  /** What istiod does not take as it is written, which it says in its log at the level debug alone. */
  readonly fault?: 'no labels' | 'no text';
}

/**
 * As istiod reads the annotation (controller/util.go there, getNodeSelectorsForService, by Go's encoding/json): what is
 * no JSON object of labels selects every node, and a value that is no text is taken for an empty one.
 */
export function nodeSelectorOf({ metadata }: Service): NodeSelector {
  const text = metadata?.annotations?.[NODE_SELECTOR_ANNOTATION] ?? '';
  const selector = text === '' ? null : parsed(text);
  if (selector === null) return { labels: {} };
  if (typeof selector !== 'object' || Array.isArray(selector)) return { labels: {}, fault: 'no labels' };
  const values = Object.entries(selector as Record<string, unknown>);
  const labels = Object.fromEntries(
    values.map(([key, value]) => [key, typeof value === 'string' ? value : '']),
  );
  const isText = values.every(([, value]) => typeof value === 'string' || value === null);
  return isText ? { labels } : { labels, fault: 'no text' };
}

/** Undefined if it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A node's first; istiod knows no other. */
function externalAddress({ status }: Node): string[] {
  const found = status?.addresses?.find(({ type, address }) => type === 'ExternalIP' && address);
  return found ? [found.address] : [];
}
