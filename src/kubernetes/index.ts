export { ApiError, refusalStatus } from './api-error.ts';
export { createClient, fieldManager } from './client.ts';
export { connectionFromKubeconfig, type KubeconfigSource } from './connection.ts';
export { diffObjects } from './diff.ts';
export { kubeconfigPaths } from './kubeconfig-path.ts';
export { describeRef, refKey, refOf } from './object-ref.ts';
export type * from './types.ts';
