export { cacheRoot } from './cache/folders.ts';
export { removeOldToolchains } from './cache/old-toolchains.ts';
export { toolchainStatus } from './cache/toolchain-status.ts';
export { ensureToolchain } from './ensure-toolchain.ts';
export { ensureProbe } from './probe/ensure-probe.ts';
export { hostPrograms, missingHostPackages } from './programs/host-programs.ts';
export { releaseArch } from './sources/releases.ts';
export type { Toolchain } from './types.ts';
export { images, versions } from './versions.ts';
