import { RunError, type RunOptions, run } from '../../process/index.ts';
import { goFolder } from '../cache/folders.ts';
import { goFailure } from './go-failure.ts';
import type { ObtainOptions, Source } from './source.ts';

/** Builds from toolchain/go.mod: static programs, so that images need no libraries. */
export const goSource: Source = {
  name: 'Go build',
  offers: ({ goPackage }) => goPackage !== undefined,
  async obtain({ program, target, signal, onLine }: ObtainOptions) {
    const stamps = (program.stamps ?? []).map((stamp) => `-X ${stamp}`);
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s -w', ...stamps].join(' ')];
    const args = ['build', ...flags, '-o', target, program.goPackage ?? ''];
    await go(args, { what: program.name, signal, onLine });
  },
};

export interface GoBuild {
  /** What is built, as a failure names it. */
  readonly what: string;
  /** Folder of the module; its main package is built. */
  readonly cwd: string;
  readonly target: string;
  /** Go's name of the architecture. */
  readonly architecture: string;
  readonly signal: AbortSignal;
}

/** Build the main package of a module of ours for a node of any architecture. */
export async function buildGo({ what, cwd, target, architecture, signal }: GoBuild): Promise<void> {
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', target, '.'];
  await go(args, { what, cwd, signal, env: { ...env, GOOS: 'linux', GOARCH: architecture } });
}

/** Folder of a module's sources in Go's module cache, downloaded if need be. */
export async function moduleDirectory(path: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await go(['mod', 'download', '-json', path], { what: path, signal });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

// The caller's own settings must not change what is built. A newer Go that go.mod asks for is fetched by Go itself.
const env = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GOTOOLCHAIN: 'auto',
  GOOS: '',
  GOARCH: '',
};

async function go(args: readonly string[], options: RunOptions & { what: string }) {
  const { what, ...rest } = options;
  try {
    return await run('go', args, { cwd: goFolder(), env, ...rest });
  } catch (error) {
    throw error instanceof RunError ? await goFailure(error, { what, env }) : error;
  }
}
