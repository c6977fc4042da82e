import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { groupBy, note, type Reporter, span } from '../../report/index.ts';
import { orDiskFull, requireSpace } from '../cache/disk-space.ts';
import { fileStates } from '../cache/file-state.ts';
import { store } from '../cache/manifest.ts';
import type { ObtainOptions, Source } from '../sources/source.ts';
import { EtaEstimator } from './eta-estimator.ts';
import type { Program } from './programs.ts';

export interface EnsureProgramsOptions {
  readonly folder: string;
  readonly programs: readonly Program[];
  /** In order of preference; the first that offers a program gives it. */
  readonly sources: readonly Source[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Compare checksums instead of sizes and times. */
  readonly verify?: boolean | undefined;
}

/** Path of a program inside the cache folder. */
export const fileOf = ({ name }: Pick<Program, 'name'>) => join('bin', name);

/** Bytes that a build needs beside its result. */
const scratchBytes = 200_000_000;
const bytesOfAll = (programs: readonly Program[]) =>
  programs.reduce((sum, { megabytes }) => sum + megabytes * 1_000_000, 0);
const namesOf = (programs: readonly Program[]) => programs.map(({ name }) => name).join(', ');

/** The programs that the cache lacks or holds damaged; damage is said. */
export async function missingPrograms(options: EnsureProgramsOptions): Promise<Program[]> {
  const { folder, programs, reporter, verify } = options;
  const wanted = programs.map((program) => ({ file: fileOf(program) }));
  const states = await fileStates(folder, wanted, verify);
  const damaged = programs.filter((_, at) => states[at]?.state === 'corrupt').map(({ name }) => name);
  if (damaged.length > 0) {
    const message = `cached ${damaged.join(', ')} not as stored; made again`;
    note(reporter, { level: 'warn', code: 'CACHE_CORRUPT', message, data: { folder, files: damaged } });
  }
  return programs.filter((_, at) => states[at]?.state !== 'good');
}

/** Make what is missing, from one source after the other; resumes where an earlier run ended. */
export async function ensurePrograms(options: EnsureProgramsOptions): Promise<void> {
  const missing = await missingPrograms(options);
  if (missing.length === 0) return;
  await mkdir(join(options.folder, 'bin'), { recursive: true });
  await requireSpace(options.folder, bytesOfAll(missing) + scratchBytes);
  const title = `toolchain: ${missing.length} of ${options.programs.length} programs`;
  await span(options.reporter, { title }, async (handle) => {
    const pace = new EtaEstimator(
      handle,
      missing.map(({ weight }) => weight),
    );
    let left: readonly Program[] = missing;
    for (const [at, source] of options.sources.entries()) {
      const offered = left.filter((program) => source.offers(program));
      const others = options.sources.slice(at + 1);
      const made = await makeFrom({ source, others, offered }, { ...options, reporter: handle, pace });
      left = left.filter((program) => !made.has(program));
    }
    if (left.length > 0) throw new IsthmusError('BUG', `no source offers ${namesOf(left)}`);
  });
}

interface Offer {
  readonly source: Source;
  /** Sources to turn to when the network fails this one. */
  readonly others: readonly Source[];
  readonly offered: readonly Program[];
}

interface Making extends EnsureProgramsOptions {
  readonly pace: EtaEstimator;
}

/** What the source gave; all that it offers but for what another one offers too, when the network fails it. */
async function makeFrom({ source, others, offered }: Offer, options: Making): Promise<Set<Program>> {
  const made = new Set<Program>();
  const batches = groupBy(offered, (program) => source.batchOf?.(program) ?? program.name);
  for (const batch of batches.values()) {
    // What was tried meanwhile may have shown that its publisher cannot be reached.
    if (!batch.every((program) => source.offers(program))) continue;
    if (options.signal.aborted)
      throw new IsthmusError('INTERRUPTED', 'interrupted while making the toolchain');
    try {
      await options.pace.during(batch, (onProgress) => make(batch, source, { ...options, onProgress }));
      for (const program of batch) made.add(program);
    } catch (error) {
      const next = others.find((other) => batch.every((program) => other.offers(program)));
      if (!next || !isIsthmusError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
      const message = `${messageOf(error)}; trying: ${next.name}`;
      note(options.reporter, { level: 'warn', code: 'DOWNLOAD_FAILED', message });
    }
  }
  const caveat = source.caveat?.([...made]);
  if (caveat) note(options.reporter, { level: 'info', code: 'CHECKSUM_UNPINNED', message: caveat });
  return made;
}

async function make(
  batch: readonly Program[],
  source: Source,
  { folder, reporter, signal, onProgress }: Making & Pick<ObtainOptions, 'onProgress'>,
): Promise<void> {
  const drafts = join(folder, 'drafts');
  const [only, ...more] = batch;
  const title = only && more.length === 0 ? `${only.name} ${only.version}` : `${batch.length} programs`;
  await span(reporter, { title }, async (handle) => {
    // Also what a killed run left, whoever made it.
    await rm(drafts, { recursive: true, force: true });
    await mkdir(drafts, { recursive: true });
    try {
      await orDiskFull({ folder, needed: bytesOfAll(batch) }, async () => {
        await source.obtain({ programs: batch, folder: drafts, signal, onProgress });
        for (const program of batch)
          await store(folder, join(drafts, program.name), { file: fileOf(program), source: source.name });
      });
      handle.ends('done', source.name);
    } finally {
      await rm(drafts, { recursive: true, force: true });
    }
  });
}
