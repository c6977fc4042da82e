import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../programs/programs.ts';
import { buildFlags, type GoOptions, go } from './go-command.ts';

/** Packages that Go has still to compile, by import path, with the bytes of their Go sources. */
export type GoWork = ReadonlyMap<string, number>;

const format = '{{if .Stale}}{{.ImportPath}}\t{{.Dir}}\t{{join .GoFiles "/"}}{{end}}';

/** What Go's own cache lacks of the programs. Fetches the modules that are not there. */
export async function goWork(programs: readonly Program[], options: GoOptions): Promise<GoWork> {
  const packages = programs.map(({ goPackage = '' }) => goPackage);
  const { stdout } = await go(['list', ...buildFlags, '-deps', '-f', format, ...packages], options);
  const work = new Map<string, number>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const [path = '', folder = '', files = ''] = line.split('\t');
    work.set(path, await bytesOf(folder, files.split('/').filter(Boolean)));
  }
  return work;
}

async function bytesOf(folder: string, files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
