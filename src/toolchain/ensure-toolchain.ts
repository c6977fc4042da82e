import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { type Reporter, silentReporter } from '../report/index.ts';
import { withCacheLock } from './cache/cache-lock.ts';
import { toolchainFolder } from './cache/folders.ts';
import { archivePaths, ensureImages, staleArchives } from './images/ensure-images.ts';
import { ensurePrograms, missingPrograms } from './programs/ensure-programs.ts';
import { programs } from './programs/programs.ts';
import { defaultSources } from './sources/sources.ts';
import type { Toolchain } from './types.ts';

export interface ToolchainOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Only these programs and no images, for instance `['istioctl']`. */
  readonly only?: readonly string[] | undefined;
  /** Leave to a later call what nothing but people runs. */
  readonly postpone?: boolean | undefined;
  /** Compare every cached file with its checksum instead of its size and time; takes seconds. */
  readonly verify?: boolean | undefined;
}

const underWay = new Map<string, Promise<Toolchain>>();

/**
 * Everything that local clusters run, from the cache; what is missing is downloaded or built once,
 * with progress. Resumes, and waits for another isthmus that is at it. Milliseconds when cached.
 */
export function ensureToolchain(options: ToolchainOptions): Promise<Toolchain> {
  // Every cluster of a mesh asks at the same time; the first one's events tell for all.
  const key = JSON.stringify([toolchainFolder(), options.only, options.postpone, options.verify]);
  const shared = underWay.get(key);
  if (shared) return shared;
  const mine = ensure(options).finally(() => underWay.delete(key));
  underWay.set(key, mine);
  return mine;
}

async function ensure(options: ToolchainOptions): Promise<Toolchain> {
  const { reporter, signal, only, verify } = options;
  const folder = toolchainFolder();
  const common = {
    folder,
    programs: wantedPrograms(options),
    sources: defaultSources(),
    reporter,
    signal,
    verify,
  };
  const images = { folder, reporter, signal, verify };
  // Looked at first without the lock, as that is all there is to do almost always.
  const missing = await missingPrograms({ ...common, reporter: silentReporter });
  const stale = missing.length > 0 || only ? [] : await staleArchives(images);
  if (missing.length + stale.length > 0) {
    await withCacheLock(folder, { reporter, signal }, async () => {
      await ensurePrograms(common);
      if (!only) await ensureImages(images);
    });
  }
  await markUsed(folder);
  return { bin: join(folder, 'bin'), images: only ? [] : archivePaths(folder) };
}

/** The programs that a call is for. Throws BUG for a name that the toolchain does not have. */
export function wantedPrograms({ only, postpone }: Pick<ToolchainOptions, 'only' | 'postpone'>) {
  const unknown = only?.filter((name) => !programs.some((program) => program.name === name)) ?? [];
  if (unknown.length > 0) throw new IsthmusError('BUG', `the toolchain has no ${unknown.join(', ')}`);
  if (only) return programs.filter(({ name }) => only.includes(name));
  return postpone ? programs.filter(({ forPeople }) => !forPeople) : programs;
}

/** File whose time tells when a toolchain was last used. */
export const usedFile = (folder: string) => join(folder, 'used');

async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  try {
    await utimes(usedFile(folder), now, now);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true });
    await writeFile(usedFile(folder), '');
  }
}
