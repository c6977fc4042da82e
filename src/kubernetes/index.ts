export { type ApplyAllOptions, applyAll } from './apply/apply-all.ts';
export { isMarked } from './apply/creation-mark.ts';
export { diffObjects } from './apply/diff.ts';
export type { InventoryName } from './apply/inventory.ts';
export { type RemoveAllOptions, removeAll } from './apply/remove-all.ts';
export { ApiError, refusalStatus } from './client/api-error.ts';
export { createClient, fieldManager } from './client/client.ts';
export { connectionFromKubeconfig, type KubeconfigSource } from './kubeconfig/connection.ts';
export { type KubeconfigEntry, kubeconfigEntry } from './kubeconfig/kubeconfig-entry.ts';
export {
  type MergeKubeconfigOptions,
  type MergeResult,
  mergeKubeconfig,
  removeFromKubeconfig,
  standaloneKubeconfig,
} from './kubeconfig/kubeconfig-merge.ts';
export { kubeconfigPaths } from './kubeconfig/kubeconfig-path.ts';
export { describeRef, refKey, refOf } from './object-ref.ts';
export type * from './objects.ts';
export {
  containersOf,
  explainPods,
  isReady,
  lastWarning,
  readyPods,
  selectorOf,
  selects,
} from './pods.ts';
export { parseQuantity } from './quantity.ts';
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
