import { availableParallelism } from 'node:os';
import { RunError, type RunOptions, type RunResult, run } from '../../process/index.ts';
import { goFolder } from '../cache/folders.ts';
import { goFailure } from './go-failure.ts';

// The caller's own settings must not change what is built. A newer Go that go.mod asks for is fetched by Go itself.
const settings = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GOTOOLCHAIN: 'auto',
  GOOS: '',
  GOARCH: '',
};

export interface GoOptions extends RunOptions {
  /** What is built, as a failure names it. */
  readonly what: string;
}

/** Run Go in toolchain/, or `cwd`. Throws what {@link goFailure} makes of a failure. */
export async function go(args: readonly string[], options: GoOptions): Promise<RunResult> {
  const { what, ...rest } = options;
  const env = { ...settings, ...collection(), ...options.env };
  try {
    return await run('go', args, { cwd: goFolder(), ...rest, env });
  } catch (error) {
    throw error instanceof RunError ? await goFailure(error, { what, env: settings }) : error;
  }
}

const mebibyte = 1_048_576;
/** A compiler or linker of the largest programs stays below it. */
const plenty = 1500 * mebibyte;
/** With less, collecting all the time would cost more than it saves. */
const scarce = 700 * mebibyte;

/**
 * Garbage collection is a fifth of what compilers cost: they live for a second, so with memory to spare they
 * collect only when they near a limit. As many run as there are cores, beside the go command. Wishes of the
 * caller's environment stay.
 */
export function collection(
  free: number = process.availableMemory(),
  cores: number = availableParallelism(),
): Readonly<Record<string, string>> {
  if (process.env['GOGC'] || process.env['GOMEMLIMIT']) return {};
  const share = Math.min(plenty, Math.floor(free / 2 / (cores + 1)));
  return share < scarce ? {} : { GOGC: 'off', GOMEMLIMIT: `${Math.floor(share / mebibyte)}MiB` };
}

/** Flags of every build of ours. Symbols for debuggers are stripped in the end, so none are written before. */
export const buildFlags = ['-trimpath', '-buildvcs=false', '-gcflags=all=-dwarf=false'] as const;
