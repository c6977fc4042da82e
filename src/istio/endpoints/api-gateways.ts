import type { ApiGateway, CallOptions, KubeClient } from '../../kubernetes/index.ts';
import { EAST_WEST_PORT, NETWORK_LABEL } from '../names.ts';
import { GATEWAY_PORT_LABEL } from '../observe/gateway-address.ts';

/** Class of a Gateway that describes one in another network: nothing is deployed for it. */
const REMOTE_CLASS = 'istio-remote';

/** A way into a network that a Gateway of the Kubernetes Gateway API states. */
export interface ApiNetworkGateway {
  readonly network: string;
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
}

type Listener = NonNullable<NonNullable<ApiGateway['spec']>['listeners']>[number];

/** Only the istiod of its own cluster takes it for a way in. */
export const isRemote = ({ spec }: ApiGateway): boolean => spec?.gatewayClassName === REMOTE_CLASS;

/** A listener that does what AUTO_PASSTHROUGH does (istio.io/istio pilot/pkg/serviceregistry/kube, IsAutoPassthrough). */
export function passesThrough({ metadata }: ApiGateway, { port, tls }: Listener): boolean {
  if (!tls) return false;
  if (tls.options?.['gateway.istio.io/listener-protocol'] === 'auto-passthrough') return true;
  const { [NETWORK_LABEL]: network, [GATEWAY_PORT_LABEL]: stated } = metadata?.labels ?? {};
  return network !== undefined && String(port) === (stated ?? String(EAST_WEST_PORT));
}

/**
 * Where istiod sends what goes to the networks that Gateways are labelled with: to each stated address, by each port
 * that passes connections through or speaks HBONE, which it hands to sidecars as well
 * (pilot/pkg/serviceregistry/kube/controller/network.go there, handleGatewayResource). Addresses of the status do not
 * count: they are those of a Service, which has labels of its own.
 */
export function apiNetworkGateways(gateways: readonly ApiGateway[]): ApiNetworkGateway[] {
  return gateways.flatMap((gateway) => {
    const network = gateway.metadata?.labels?.[NETWORK_LABEL];
    if (!network) return [];
    const { addresses = [], listeners = [] } = gateway.spec ?? {};
    const ports = listeners
      .filter((one) => passesThrough(gateway, one) || one.protocol === 'HBONE')
      .flatMap(({ port }) => port ?? []);
    const hosts = addresses
      .filter(({ type }) => type === 'IPAddress' || type === 'Hostname')
      .flatMap(({ value }) => value ?? []);
    return hosts.flatMap((host) => ports.map((port) => ({ network, host, port })));
  });
}

/** Those of a cluster; none without the Gateway API's kinds, which Istio does not bring. */
export const apiGatewaysOf = (kube: KubeClient, options: CallOptions = {}): Promise<ApiGateway[]> =>
  kube.list<ApiGateway>('gateway.networking.k8s.io/v1', 'Gateway', options);
