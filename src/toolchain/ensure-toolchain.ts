import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { type Reporter, silentReporter } from '../report/index.ts';
import { withCacheLock } from './cache/cache-lock.ts';
import { toolchainFolder } from './cache/folders.ts';
import { chooseImages, type ImageChoice, knownImages } from './images/choose-images.ts';
import { ensureImages, staleArchives } from './images/ensure-images.ts';
import { ensurePrograms, missingPrograms } from './programs/ensure-programs.ts';
import { programs } from './programs/programs.ts';
import { defaultSources } from './sources/sources.ts';
import type { Toolchain } from './types.ts';
import { defaultHub, istioImages } from './versions.ts';

export interface ToolchainOptions {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Only these programs and no images, for instance `['istioctl']`. */
  readonly only?: readonly string[] | undefined;
  /** Leave to a later call what nothing but people runs. */
  readonly postpone?: boolean | undefined;
  /** Where Istio's own images are, and whether local clusters must have them; Istio's hub and whatever can be had by default. */
  readonly istio?: IstioWish | undefined;
  /** Compare every cached file with its checksum instead of its size and time; takes seconds. */
  readonly verify?: boolean | undefined;
}

interface IstioWish {
  /** `spec.istio.hub` */
  readonly hub: string;
  /** The kind that must be, where the file or a cluster that exists says so. */
  readonly proxy?: 'istio' | 'vanilla' | undefined;
}

const underWay = new Map<string, Promise<Toolchain>>();

/**
 * Everything that local clusters run, from the cache; what is missing is downloaded or built once,
 * with progress. Resumes, and waits for another isthmus that is at it. Milliseconds when cached.
 */
export function ensureToolchain(options: ToolchainOptions): Promise<Toolchain> {
  // Every cluster of a mesh asks at the same time; the first one's events tell for all.
  const key = JSON.stringify([
    toolchainFolder(),
    options.only,
    options.postpone,
    options.verify,
    options.istio,
  ]);
  const shared = underWay.get(key);
  if (shared) return shared;
  const mine = ensure(options).finally(() => underWay.delete(key));
  underWay.set(key, mine);
  return mine;
}

async function ensure(options: ToolchainOptions): Promise<Toolchain> {
  const folder = toolchainFolder();
  const choice = options.only ? noImages : await ensureWithImages(folder, options);
  if (options.only) await ensureFiles(folder, noImages, options);
  await markUsed(folder);
  const { proxy } = choice;
  const images = choice.files.map((file) => join(folder, file));
  return { bin: join(folder, 'bin'), images, aliases: aliasesOf(choice, options), proxy };
}

const noImages: ImageChoice = { proxy: 'vanilla', files: [], assembled: [], without: [] };

async function ensureWithImages(folder: string, options: ToolchainOptions): Promise<ImageChoice> {
  const { reporter, signal, verify, istio = { hub: defaultHub } } = options;
  const choosing = { folder, reporter, signal, verify, ...istio };
  const known = await knownImages(choosing);
  if (known) {
    await ensureFiles(folder, known, options);
    return known;
  }
  // Under the lock, so that two who begin at once choose the same.
  const choice = await withCacheLock(
    folder,
    { reporter, signal },
    async () => (await knownImages(choosing)) ?? chooseImages(choosing),
  );
  await ensureFiles(folder, choice, options);
  return choice;
}

/** The programs of a call and the images that are put together from them. */
async function ensureFiles(folder: string, choice: ImageChoice, options: ToolchainOptions): Promise<void> {
  const { reporter, signal, verify } = options;
  const wanted = wantedPrograms(options).filter(({ name }) => !choice.without.includes(name));
  const common = { folder, programs: wanted, sources: defaultSources(), reporter, signal, verify };
  const images = { folder, files: choice.assembled, reporter, signal, verify };
  // Looked at first without the lock, as that is all there is to do almost always.
  const missing = await missingPrograms({ ...common, reporter: silentReporter });
  const stale = missing.length > 0 ? [] : await staleArchives(images);
  if (missing.length + stale.length === 0) return;
  await withCacheLock(folder, { reporter, signal }, async () => {
    await ensurePrograms(common);
    await ensureImages(images);
  });
}

/** What was put together here has the names of Istio's own hub. */
function aliasesOf({ proxy, files }: ImageChoice, { istio }: ToolchainOptions): Toolchain['aliases'] {
  if (proxy === 'istio' || files.length === 0 || !istio || istio.hub === defaultHub) return [];
  const wanted = istioImages(istio.hub);
  return istioImages(defaultHub).map((from, at) => ({ from, to: wanted[at] ?? from }));
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
