import type { EndpointSlice, KubeObject, Pod, Service } from '../../kubernetes/index.ts';
import type { DescribedGateway, GatewayFact } from './split-horizon.ts';

/** What one cluster has of a service; whoever asks for whichever of its ports. */
export interface ServiceObservation {
  /** Undefined where the cluster has no such Service, and then nothing behind it. */
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly pods: readonly Pod[];
  readonly nodes: readonly KubeObject[];
  readonly gateways: GatewayAddresses;
}

/** Where a cluster's east-west gateways are, host names resolved. */
export interface GatewayAddresses {
  readonly addresses: readonly GatewayFact[];
  /**
   * Gateways that the cluster's istiod alone knows: by Gateways of the class `istio-remote`, and by its mesh
   * configuration, where that was asked for.
   */
  readonly described: readonly DescribedGateway[];
  /** Host names of load balancers that did not resolve, each with what the resolver said: `name: ENOTFOUND`. */
  readonly unresolved: readonly string[];
}
