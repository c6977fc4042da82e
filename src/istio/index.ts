export { type AuthoritySource, authoritySource } from './authority-source.ts';
export { bundleLimitTexts } from './bounded-text.ts';
export type { Collection, MeshFile, Remark } from './collection.ts';
export { type EastWestService, eastWestServices } from './east-west.ts';
export { gatewayAddresses, localityOf } from './endpoint-facts.ts';
export {
  type ExpectedEndpoints,
  type ExpectedOptions,
  expectedEndpoints,
  type ServiceRef,
} from './expected-endpoints.ts';
export {
  type ClusterIdentity,
  type IstiodEnvironment,
  istiodEnvironments,
  type MeshConfig,
  meshConfigOf,
  readIdentity,
} from './identity.ts';
export {
  type IstiodRoots,
  istiodDebug,
  istiodMemory,
  istiodRoots,
  type RemoteClusterStatus,
  remoteClusterStatus,
} from './istiod.ts';
export { restartIstiod } from './istiod-restart.ts';
export { type Knock, type KnockOptions, knock } from './knock.ts';
export { collectMeshFiles } from './mesh-files.ts';
export { istiodStatus, remoteStatus, trustStatus } from './mesh-status.ts';
export * from './names.ts';
export { type MeshObjectsOptions, type MeshStage, meshObjects, type Stage } from './objects.ts';
export type { LookOptions, PodRef } from './pod-command.ts';
export { type PodObject, type RunningPod, runningPods } from './pods.ts';
export { type ProbeAnswer, type ProbeOptions, type ProbeResult, probe } from './probe.ts';
export { type ProxyEndpoint, proxyAdmin, proxyClusters } from './proxy.ts';
export { type ProxyCertificates, proxyCertificates } from './proxy-certificates.ts';
export {
  ensureRemoteSecrets,
  type RemoteSecretsOptions,
  remoteSecretName,
  revokeRemoteAccess,
} from './remote-secrets.ts';
export { type RemoteSecretState, remoteSecrets } from './remote-state.ts';
export { type RemoveOptions, removeMeshObjects } from './removal.ts';
export { helloVersion } from './sample-objects.ts';
export { endpointShards, parseShards } from './shards.ts';
export {
  type ClusterFacts,
  type EndpointFact,
  type ExpectedEndpoint,
  type GatewayFact,
  type SplitHorizon,
  splitHorizon,
} from './split-horizon.ts';
export { ensureControlPlane, ensureGateways, ensureSamples } from './stages.ts';
export { type EnsureOptions, ensureTrust, type TrustOptions } from './trust.ts';
