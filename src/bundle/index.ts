export { Archive } from './archive.ts';
export type { MeshFile } from './collection.ts';
export { manifestOf } from './manifest.ts';
export { collectMeshFiles } from './mesh-files.ts';
export { BundleParts } from './parts.ts';
