export { ensureToolchain } from './ensure-toolchain.ts';
export { cacheRoot } from './folders.ts';
export { hostPrograms, missingHostPackages } from './host-programs.ts';
export { removeOldToolchains } from './old-toolchains.ts';
export { toolchainStatus } from './toolchain-status.ts';
export type { Toolchain } from './types.ts';
export { images, versions } from './versions.ts';
