import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { debianPackages } from '../../local/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import { ensureProbe, ensureToolchain, releaseArch, type Toolchain } from '../../toolchain/index.ts';
import { installMissing } from '../session/requirements.ts';

/** What {@link prepareMachine} takes. */
export interface PrepareOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Install missing Debian packages instead of failing with TOOL_MISSING. */
  readonly install: boolean;
}

/**
 * Make this machine ready for local clusters ahead of `up`: Debian packages, then every pinned program and
 * image, and the request probe, for which the first rotation would have to wait. Throws TOOL_MISSING and what
 * downloads throw.
 */
export async function prepareMachine(options: PrepareOptions): Promise<Toolchain> {
  if (options.install) await installMissing(await debianPackages.missing(), options);
  const toolchain = await ensureToolchain(options);
  await prepareProbe(options);
  return toolchain;
}

/** A checkout builds it with Go, which nothing before a rotation needs where the network has the rest. */
async function prepareProbe(options: PrepareOptions): Promise<void> {
  try {
    await ensureProbe({ ...options, architecture: releaseArch[process.arch] ?? process.arch });
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'TOOL_MISSING') throw error;
    const message = `${messageOf(error)}: rotations and drills will need it for the request probe`;
    note(options.reporter, { level: 'warn', code: 'TOOL_MISSING', message });
  }
}
