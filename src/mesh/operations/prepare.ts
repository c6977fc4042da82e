import { debianPackages } from '../../local/index.ts';
import type { Reporter } from '../../report/index.ts';
import { ensureProbe, ensureToolchain, releaseArch, type Toolchain } from '../../toolchain/index.ts';
import { installMissing } from '../session/requirements.ts';

export interface PrepareOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Install missing Debian packages instead of failing with TOOL_MISSING. */
  readonly install: boolean;
}

/**
 * Make this machine ready for local clusters ahead of `up`: Debian packages, then every pinned program and
 * image, and the request probe, for which the first rotation would have to wait.
 */
export async function prepareMachine(options: PrepareOptions): Promise<Toolchain> {
  if (options.install) await installMissing(await debianPackages.missing(), options);
  const toolchain = await ensureToolchain(options);
  await ensureProbe({ ...options, architecture: releaseArch[process.arch] ?? process.arch });
  return toolchain;
}
