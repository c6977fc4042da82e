import type { ClusterCapabilities } from '../../src/provider/index.ts';
import type { GatewaySpec, LocalClusterSpec } from '../../src/topology/index.ts';

/** A gateway as a file that says nothing of it has it. */
export const internalGateway: GatewaySpec = {
  exposure: 'internal',
  sourceRanges: [],
  annotations: {},
  class: undefined,
};
export const internalGateways: LocalClusterSpec['gateways'] = {
  ingress: internalGateway,
  eastWest: internalGateway,
};

const plain = { annotations: {}, podTargets: false, statedHealthCheck: false, deregistrationSeconds: 10 };
/** Load balancers that need to be told nothing. */
export const plainLoadBalancers: ClusterCapabilities['loadBalancers'] = { ingress: plain, eastWest: plain };

export const quickly: ClusterCapabilities['timeouts'] = { workloadsMs: 180_000, loadBalancersMs: 60_000 };
