export { applyAll } from './apply/apply-all.ts';
export { isMarked } from './apply/creation-mark.ts';
export { diffObjects } from './apply/diff.ts';
export { readInventory } from './apply/inventory.ts';
export { isMadeByIsthmus } from './apply/others-objects.ts';
export type { KeptObject } from './apply/prune.ts';
export { removeAll } from './apply/remove-all.ts';
export { ApiError, refusalStatus } from './client/api-error.ts';
export { createClient, fieldManager } from './client/client.ts';
export type { Access, ApiCredentials } from './client/credentials.ts';
export { Transport } from './client/transport.ts';
export { isFields } from './fields.ts';
export { jwtClaims } from './jwt-claims.ts';
export {
  type ClusterEntry,
  type KubeConfiguration,
  plainConfiguration,
  type UserEntry,
} from './kubeconfig/configuration.ts';
export { connectionFromKubeconfig } from './kubeconfig/connection.ts';
export { connectionAs } from './kubeconfig/connection-as.ts';
export { printYaml } from './kubeconfig/go-yaml.ts';
export {
  innerName,
  type MergeResult,
  mergeKubeconfig,
  removeFromKubeconfig,
  standaloneKubeconfig,
} from './kubeconfig/kubeconfig-merge.ts';
export { type LoadedEntry, type LoadedKubeconfig, loadText } from './kubeconfig/loading.ts';
export { sameAddress } from './kubeconfig/server-address.ts';
export { assertUsable } from './kubeconfig/usable.ts';
export { type LabelSelector, matchesSelector } from './label-selector.ts';
export { type Lease, type LeaseClaim, leaseRef, readLease, writeLease } from './lease.ts';
export { type CallingPod, type Connection, closingNetworkPolicies } from './network-policy.ts';
export { LEASE_AGE_MS, type NodeClock, nodeClocks } from './node-clocks.ts';
export { describeRef, refKey, refOf } from './object-ref.ts';
export type * from './objects.ts';
export {
  containersOf,
  isReady,
  readyPods,
  selectorOf,
  selects,
} from './pods.ts';
export { parseQuantity } from './quantity.ts';
export { missingRights, type Right } from './rights.ts';
export type * from './types.ts';
export {
  loadBalancerAddresses,
  waitForDeployments,
  waitForLoadBalancerAddress,
  waitForNodes,
} from './waits.ts';
