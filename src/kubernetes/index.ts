export { ApiError, refusalStatus } from './api-error.ts';
export { type ApplyAllOptions, applyAll } from './apply-all.ts';
export { createClient, fieldManager } from './client.ts';
export { connectionFromKubeconfig, type KubeconfigSource } from './connection.ts';
export { diffObjects } from './diff.ts';
export type { InventoryName } from './inventory.ts';
export { type KubeconfigEntry, kubeconfigEntry } from './kubeconfig-entry.ts';
export {
  type MergeKubeconfigOptions,
  type MergeResult,
  mergeKubeconfig,
  removeFromKubeconfig,
  standaloneKubeconfig,
} from './kubeconfig-merge.ts';
export { kubeconfigPaths } from './kubeconfig-path.ts';
export { describeRef, refKey, refOf } from './object-ref.ts';
export {
  containersOf,
  explainPods,
  isReady,
  lastWarning,
  type Pod,
  readyPods,
  selectorOf,
  selects,
} from './pods.ts';
export { type RemoveAllOptions, removeAll } from './remove-all.ts';
export { missingRights, type Right } from './rights.ts';
export type * from './types.ts';
export {
  loadBalancerAddresses,
  type NamespacedName,
  type WaitForOptions,
  waitForDeployments,
  waitForLoadBalancerAddress,
  waitForNodes,
} from './waits.ts';
