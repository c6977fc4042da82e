export { type BundleOptions, type BundleResult, bundleMesh, type CheckedMesh } from './operations/bundle.ts';
export { type CarriedRoot, type CarryOptions, exportRoot, importRoot } from './operations/carry-root.ts';
export { type CheckOptions, checkMesh } from './operations/check.ts';
export {
  type ContextsOptions,
  type ContextsResult,
  contextCommands,
  removeContexts,
  writeContexts,
} from './operations/contexts.ts';
export { type DoctorOptions, doctorMesh } from './operations/doctor.ts';
export {
  type ClusterToRemove,
  type DownOptions,
  type DownResult,
  downMesh,
  planDown,
} from './operations/down.ts';
export { type DrillMeshOptions, drillMesh, undoMeshDrills } from './operations/drill.ts';
export { planMesh } from './operations/plan.ts';
export { type PrepareOptions, prepareMachine } from './operations/prepare.ts';
export { type RenderedFile, renderMesh } from './operations/render.ts';

export { type RenewOptions, renewMesh } from './operations/renew.ts';

export {
  type RotateMeshIntermediatesOptions,
  type RotateMeshOptions,
  type RotateMeshRootOptions,
  rotateMeshIntermediates,
  rotateMeshRemoteSecrets,
  rotateMeshRoot,
} from './operations/rotate.ts';
export { trustOfMesh } from './operations/show-trust.ts';
export { statusOfMesh } from './operations/status.ts';
export { clusterCredential, type TokenOptions } from './operations/token.ts';
export { type UpOptions, type UpResult, upMesh } from './operations/up.ts';
export { MeshView, type ViewOptions } from './operations/view.ts';
export type { Operation } from './session/session.ts';
export { asksForPassphrase } from './trust/file-root.ts';
