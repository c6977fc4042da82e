import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Program } from '../programs/programs.ts';
import { buildFlags, go } from './go-command.ts';
import { GoPace } from './go-pace.ts';
import { goWork } from './go-work.ts';
import type { ObtainOptions, Source } from './source.ts';

/**
 * Builds from toolchain/go.mod: static programs, so that images need no libraries. All in one call of Go,
 * which compiles what they share once and links one program while it compiles another.
 */
export const goSource: Source = {
  name: 'Go build',
  batchOf: () => 'all',
  offers: ({ goPackage }) => goPackage !== undefined,
  async obtain(options: ObtainOptions) {
    const { programs, folder, signal, onProgress } = options;
    const what = programs.length === 1 ? (programs[0]?.name ?? '') : `${programs.length} programs`;
    const onLine = (message: string) => onProgress({ message });
    const pace = new GoPace(await goWork(programs, { what, signal, onLine }), programs);
    const args = ['build', '-v', ...buildFlags, ...linkFlags(programs), '-o', `${folder}/`];
    const told = telling(pace, options);
    try {
      const packages = programs.map(({ goPackage = '' }) => goPackage);
      await go([...args, ...packages], { what, signal, onLine: told.onLine });
    } finally {
      told.stop();
    }
    for (const program of programs)
      await rename(join(folder, linkedName(program)), join(folder, program.name));
  },
};

/** Each program's own stamps; of the patterns that fit a package the last one counts. */
function linkFlags(programs: readonly Program[]): string[] {
  const stamped = programs.filter(({ stamps = [] }) => stamps.length > 0);
  const own = stamped.map(({ goPackage, stamps = [] }) =>
    [`-ldflags=${goPackage}=-s -w`, ...stamps.map((stamp) => `-X ${stamp}`)].join(' '),
  );
  return ['-ldflags=all=-s -w', ...own];
}

/** Go names a program after its folder, or after the one above where that is a major version. */
function linkedName({ goPackage = '' }: Program): string {
  const last = basename(goPackage);
  return /^v\d+$/.test(last) ? basename(dirname(goPackage)) : last;
}

/** Go says when it begins with a package and nothing of links; those are seen by what is in the folder. */
function telling(pace: GoPace, { programs, folder, onProgress }: ObtainOptions) {
  const tell = () => {
    for (const program of programs)
      if (existsSync(join(folder, linkedName(program)))) pace.linked(program.name);
    onProgress(pace.progress());
  };
  tell();
  const timer = setInterval(tell, 1000);
  return { onLine: (line: string) => pace.says(line), stop: () => clearInterval(timer) };
}

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
  const args = ['build', ...buildFlags, '-ldflags', '-s -w', '-o', target, '.'];
  await go(args, { what, cwd, signal, env: { GOOS: 'linux', GOARCH: architecture } });
}

/** Folder of a module's sources in Go's module cache, downloaded if need be. */
export async function moduleDirectory(path: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await go(['mod', 'download', '-json', path], { what: path, signal });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
