export type { RotationTarget } from './context.ts';
export { type ClusterTrust, observeTrust } from './observation.ts';
export {
  type ClusterPosition,
  clusterPosition,
  positionOf,
} from './position.ts';
export { changedBytes, rootFile } from './root-file.ts';
export { rotateIntermediates } from './rotate-intermediates.ts';
export { rotateRemoteSecrets } from './rotate-remote-secrets.ts';
export { rotateRoot } from './rotate-root.ts';
