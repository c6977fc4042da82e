export { type BundleOptions, type BundleResult, bundleMesh } from './bundle.ts';
export { type CheckOptions, checkMesh } from './check.ts';
export { type ContextsOptions, type ContextsResult, removeContexts, writeContexts } from './contexts.ts';
export { type DoctorOptions, doctorMesh } from './doctor.ts';
export { type DownOptions, type DownResult, downMesh } from './down.ts';
export { planMesh } from './plan.ts';
export { type PrepareOptions, prepareMachine } from './prepare.ts';
export { type RenderedFile, renderMesh } from './render.ts';
export {
  type RotateMeshIntermediatesOptions,
  type RotateMeshOptions,
  type RotateMeshRootOptions,
  rotateMeshIntermediates,
  rotateMeshRoot,
} from './rotate.ts';
export type { Operation } from './session.ts';
export { statusOfMesh } from './status.ts';
export { clusterCredential, type TokenOptions } from './token.ts';
export { type CarriedRoot, type CarryOptions, exportRoot, importRoot } from './trust/carry-root.ts';
export { trustOfMesh } from './trust/show-trust.ts';
export { type UpOptions, type UpResult, upMesh } from './up.ts';
