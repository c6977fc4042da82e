import { debianPackages } from '../../local/index.ts';
import type { Reporter } from '../../report/index.ts';
import { ensureToolchain, type Toolchain } from '../../toolchain/index.ts';
import { installMissing } from '../session/requirements.ts';

export interface PrepareOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Install missing Debian packages instead of failing with TOOL_MISSING. */
  readonly install: boolean;
}

/** Make this machine ready for local clusters ahead of `up`: Debian packages, then every pinned program and image. */
export async function prepareMachine(options: PrepareOptions): Promise<Toolchain> {
  if (options.install) await installMissing(await debianPackages.missing(), options);
  return ensureToolchain(options);
}
