export { gatewayAddresses } from './endpoint-facts.ts';
export {
  type ExpectedEndpoints,
  type ExpectedOptions,
  expectedEndpoints,
  type ServiceRef,
} from './expected-endpoints.ts';
export {
  type IstiodRoots,
  istiodDebug,
  istiodRoots,
  type RemoteClusterStatus,
  remoteClusterStatus,
} from './istiod.ts';
export * from './names.ts';
export type { LookOptions, PodRef } from './pod-command.ts';
export { type RunningPod, runningPods } from './pods.ts';
export { type ProbeAnswer, type ProbeOptions, type ProbeResult, probe } from './probe.ts';
export { type ProxyEndpoint, proxyAdmin, proxyClusters } from './proxy.ts';
export { type ProxyCertificates, proxyCertificates } from './proxy-certificates.ts';
export {
  type ClusterFacts,
  type EndpointFact,
  type ExpectedEndpoint,
  type GatewayFact,
  type SplitHorizon,
  splitHorizon,
} from './split-horizon.ts';
