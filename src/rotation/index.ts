export type { RotationTarget } from './context.ts';
export { type ClusterTrust, observeTrust, type TrustObservation } from './observation.ts';
export {
  type ClusterPosition,
  clusterPosition,
  type MeshPosition,
  type NextPhase,
  positionOf,
} from './position.ts';
export { changedBytes, rootFile } from './root-file.ts';
export { type RotateIntermediatesOptions, rotateIntermediates } from './rotate-intermediates.ts';
export { type RotateOptions, type RotateRootOptions, rotateRoot } from './rotate-root.ts';
