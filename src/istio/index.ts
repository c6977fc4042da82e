export { apiGatewaysOf, apiNetworkGateways, isRemote, passesThrough } from './endpoints/api-gateways.ts';
export { configuredGateways, type NamedGateway, namedGateways } from './endpoints/configured-gateways.ts';
export { gatewayAddresses, localityOf, observeService } from './endpoints/endpoint-facts.ts';
export {
  type ExpectedEndpoints,
  expectedEndpoints,
} from './endpoints/expected-endpoints.ts';
export { type NamedServices, namedServices } from './endpoints/named-services.ts';
export { observeServices, type ServicesObservation } from './endpoints/observe-services.ts';
export type { GatewayAddresses, ServiceObservation } from './endpoints/service-observation.ts';
export type { ServiceRef } from './endpoints/service-ref.ts';
export { endpointShards, parseShards } from './endpoints/shards.ts';
export type {
  ClusterFacts,
  ExpectedEndpoint,
  GatewayFact,
} from './endpoints/split-horizon.ts';
export {
  addressEntries,
  type MeshNetworks,
  meshNetworksOf,
  namedEntries,
  networkStatedFor,
} from './endpoints/stated-networks.ts';
export { type ForeignObject, foreignObjects } from './install/foreign-objects.ts';
export { waitForInjection } from './install/injection.ts';
export { actingClusterLocal } from './install/mesh-config-takeover.ts';
export { chartsOf, meshObjects } from './install/mesh-objects.ts';
export { readerNotes, readerRights } from './install/reader-role.ts';
export { removeMeshObjects } from './install/removal.ts';
export { ensureControlPlane, ensureGateways, ensureSamples } from './install/stages.ts';
export * from './names.ts';
export { eastWestServices, gatewaysInUse } from './observe/east-west.ts';
export {
  crossNetworkPort,
  gatewayNodes,
  isByNodes,
  NODE_SELECTOR_ANNOTATION,
  nodeSelectorOf,
  statedGateways,
} from './observe/gateway-address.ts';
export { type ClusterIdentity, readIdentity } from './observe/identity.ts';
export { isInjected } from './observe/injected-namespaces.ts';
export { istiodNamespaces } from './observe/istio-namespace.ts';
export {
  type IstiodRoots,
  isSynced,
  istiodMemory,
  istiodMetrics,
  istiodRoots,
  remoteClusterStatus,
  signedCertificates,
} from './observe/istiod.ts';
export {
  configsOf,
  type IstiodRevision,
  istiodRevisions,
  istioOf,
  type MeshConfig,
  meshConfigs,
  type RevisionConfig,
  revisionConfigs,
} from './observe/mesh-config.ts';
export { installedVersion, istiodStatus, remoteStatus, trustStatus } from './observe/mesh-status.ts';
export { nudgePod } from './observe/nudge-pod.ts';
export { olderProxies, tellOlderProxies } from './observe/older-proxies.ts';
export { envoyServer, istiodServer, type PageServer, podPage, type ServedPod } from './observe/pod-page.ts';
export { hasProxy, hasSidecar, isReadyProxy, isReadySidecar } from './observe/pod-proxy.ts';
export { type ProxyEndpoint, proxyClusters } from './observe/proxy.ts';
export { proxyRoutes, proxyRouting, proxyServerNames } from './observe/proxy-config.ts';
export { proxyCounters } from './observe/proxy-counters.ts';
export { istiodPods, proxyPods, type StartedPod } from './observe/proxy-pods.ts';
export { proxyVersions } from './observe/proxy-versions.ts';
export {
  type RunningPod,
  runningEastWestGateways,
  runningIstiods,
  runningOf,
  runningPods,
} from './observe/running-pods.ts';
export { freshCluster, freshPort, freshServiceObjects, freshUrl, keptUrl } from './probes/fresh-service.ts';
export {
  type HttpProbeResult,
  httpProbe,
} from './probes/http-probe.ts';
export { MUTUAL_GATEWAY_PORT, mutualGateway } from './probes/mutual-gateway.ts';
export { dialFromProxy } from './probes/proxy-dial.ts';
export { answererClusters, callerPod } from './probes/sample-pods.ts';
export { type TlsProbeResult, tlsProbe } from './probes/tls-probe.ts';
export { type TlsTarget, tlsProbes } from './probes/tls-probes.ts';
export { type IssuedToken, isAccepted } from './remotes/issue-token.ts';
export { istiodLog, lastReading } from './remotes/kubeconfig-log.ts';
export { authorityForPeers } from './remotes/peer-authority.ts';
export { remoteSecretName } from './remotes/remote-secret.ts';
export {
  eachPair,
  ensureRemoteSecrets,
  heldPairs,
  revokeRemoteAccess,
} from './remotes/remote-secrets.ts';
export { type RemoteSecretState, remoteSecrets } from './remotes/remote-state.ts';
export { renewToken, type TokenRenewal } from './remotes/renew-token.ts';
export { type HeldPair, handOver, isInUse, revokeFormer, secondToken } from './remotes/replace-token.ts';
export { revokeAccessOf, unlinkCluster } from './remotes/unlink.ts';
export { accessChanges } from './services/access-changes.ts';
export {
  type ClusterLocal,
  clusterLocalOf,
  isClusterLocal,
  isClusterLocalForAll,
  isToldToKeep,
  settingOf,
} from './services/cluster-local.ts';
export { ensureServices } from './services/ensure-services.ts';
export { outlierDetection } from './services/failover.ts';
export { liveServiceFaults, type ServiceFault } from './services/live-faults.ts';
export { fullHost } from './services/service-host.ts';
export { objectsOfService } from './services/service-objects.ts';
export { covers, coversAny } from './services/shared-hosts.ts';
export { type SharingChange, sharingChanges } from './services/sharing-changes.ts';
export { shortIdle } from './services/short-idle.ts';
export { trafficDistributionOf } from './services/traffic-distribution.ts';
export { authorityFit, foreignAuthority, keyMissing } from './trust/authority-fit.ts';
export { type AuthoritySource, authoritySource } from './trust/authority-source.ts';
export { type EnsureOptions, ensureTrust, renewAuthority, writeAuthority } from './trust/cacerts.ts';
export {
  istiodFiles,
  namespaceRoots,
  podFiles,
  proxyRootFile,
  webhookRoots,
} from './trust/handed-out-roots.ts';
export { type PluggedAuthority, readAuthority, readPlugged } from './trust/plugged-authority.ts';
export { type ProxyCertificates, proxyCertificates } from './trust/proxy-certificates.ts';
export { withdrawAuthority } from './trust/withdraw-authority.ts';
