export {
  ensureToolchain,
  removeOldToolchains,
  type ToolchainOptions,
  type ToolchainStatusRow,
  toolchainStatus,
} from './ensure-toolchain.ts';
export { cacheRoot } from './folders.ts';
export { hostPrograms, missingHostPackages } from './host-programs.ts';
export type { Toolchain } from './types.ts';
export { images, versions } from './versions.ts';
