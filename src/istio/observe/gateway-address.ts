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
 * Where istiod sends what goes to a gateway's network (istio.io/istio pilot/pkg/serviceregistry/kube/controller,
 * extractGatewaysInner): to its load balancer, its `externalIPs`, and for a NodePort with a node selector to the
 * external addresses of the nodes that it selects, by the node port.
 * @param nodes needed only where {@link isByNodes}
 */
export function statedGateways(service: Service, nodes: readonly Node[]): StatedGateway[] {
  const wanted = crossNetworkPort(service);
  const port = service.spec?.ports?.find((one) => one.port === wanted);
  if (!port) return [];
  const byNodes = isByNodes(service);
  const hosts = [
    ...(service.spec?.type === 'NodePort' ? [] : loadBalancerHosts(service)),
    ...(service.spec?.externalIPs ?? []),
    ...(byNodes ? nodes.filter((node) => isSelected(node, service)).flatMap(externalAddress) : []),
  ];
  return hosts.map((host) => ({ host, port: (byNodes ? port.nodePort : undefined) ?? wanted }));
}

const loadBalancerHosts = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);

function isSelected({ metadata }: Node, service: Service): boolean {
  const selector = nodeSelectorOf(service);
  return Object.entries(selector ?? { '': '' }).every(([key, value]) => metadata?.labels?.[key] === value);
}

/** Undefined if it is no JSON of labels, by which istiod selects nothing. */
export function nodeSelectorOf({ metadata }: Service): Record<string, string> | undefined {
  try {
    const selector: unknown = JSON.parse(metadata?.annotations?.[NODE_SELECTOR_ANNOTATION] ?? '');
    return typeof selector === 'object' && selector !== null
      ? (selector as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A node's first; istiod knows no other. */
function externalAddress({ status }: Node): string[] {
  const found = status?.addresses?.find(({ type, address }) => type === 'ExternalIP' && address);
  return found ? [found.address] : [];
}
