export { gatewayAddresses, localityOf } from './endpoints/endpoint-facts.ts';
export {
  type ExpectedEndpoints,
  type ExpectedOptions,
  expectedEndpoints,
  type ServiceRef,
} from './endpoints/expected-endpoints.ts';
export {
  type ClusterFacts,
  type EndpointFact,
  type ExpectedEndpoint,
  type GatewayFact,
  type SplitHorizon,
  splitHorizon,
} from './endpoints/split-horizon.ts';
export { isInjected, waitForInjection } from './install/injection.ts';
export { restartIstiod } from './install/istiod-restart.ts';
export { type MeshObjectsOptions, type MeshStage, meshObjects, type Stage } from './install/mesh-objects.ts';
export { readerNotes, readerRights } from './install/reader-role.ts';
export { type RemoveOptions, removeMeshObjects } from './install/removal.ts';
export { helloVersion } from './install/sample-objects.ts';
export { ensureControlPlane, ensureGateways, ensureSamples } from './install/stages.ts';
export * from './names.ts';
export { eastWestServices } from './observe/east-west.ts';
export { type ClusterIdentity, readIdentity } from './observe/identity.ts';
export {
  type IstiodRoots,
  istiodDebug,
  istiodMemory,
  istiodRoots,
  type RemoteClusterStatus,
  remoteClusterStatus,
} from './observe/istiod.ts';
export {
  type IstiodEnvironment,
  type IstiodRevision,
  istiodRevisions,
  type MeshConfig,
  meshConfigs,
} from './observe/mesh-config.ts';
export { istiodStatus, remoteStatus, trustStatus } from './observe/mesh-status.ts';
export { type LookOptions, type PodRef, podCommand } from './observe/pod-command.ts';
export { type ProxyEndpoint, proxyAdmin, proxyClusters } from './observe/proxy.ts';
export { istiodPods, proxyPods, type StartedPod } from './observe/proxy-pods.ts';
export { type RunningPod, runningPods } from './observe/running-pods.ts';
export { endpointShards, parseShards } from './observe/shards.ts';
export { freshCluster, freshServiceObjects, freshUrl, keptUrl } from './probes/fresh-service.ts';
export {
  type HttpProbeAnswer,
  type HttpProbeOptions,
  type HttpProbeResult,
  httpProbe,
} from './probes/http-probe.ts';
export { MUTUAL_GATEWAY_PORT, mutualGateway } from './probes/mutual-gateway.ts';
export { type TlsProbeOptions, type TlsProbeResult, tlsProbe } from './probes/tls-probe.ts';
export { remoteSecretName, type SecretPair } from './remotes/remote-secret.ts';
export {
  ensureRemoteSecrets,
  type RemoteSecretsOptions,
  revokeRemoteAccess,
} from './remotes/remote-secrets.ts';
export { type RemoteSecretState, remoteSecrets } from './remotes/remote-state.ts';
export { type UnlinkOptions, unlinkCluster } from './remotes/unlink.ts';
export { type AuthorityFit, authorityFit, foreignAuthority, keyMissing } from './trust/authority-fit.ts';
export { type AuthoritySource, authoritySource } from './trust/authority-source.ts';
export {
  type EnsureOptions,
  ensureTrust,
  type PluggedAuthority,
  readAuthority,
  readPlugged,
  type TrustOptions,
  writeAuthority,
} from './trust/cacerts.ts';
export {
  type FoundRoots,
  istiodFiles,
  namespaceRoots,
  podFiles,
  proxyRootFile,
  webhookRoots,
} from './trust/handed-out-roots.ts';
export { type ProxyCertificates, proxyCertificates } from './trust/proxy-certificates.ts';
