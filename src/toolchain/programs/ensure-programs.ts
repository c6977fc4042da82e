import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { note, type Reporter, type SpanHandle, span } from '../../report/index.ts';
import { orDiskFull, requireSpace } from '../cache/disk-space.ts';
import { fileStates } from '../cache/file-state.ts';
import { store } from '../cache/manifest.ts';
import type { Source } from '../sources/source.ts';
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
const bytesOf = ({ megabytes }: Program) => megabytes * 1_000_000;

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

/** Make what is missing, one after the other, as each uses all cores; resumes where an earlier run ended. */
export async function ensurePrograms(options: EnsureProgramsOptions): Promise<void> {
  const missing = await missingPrograms(options);
  if (missing.length === 0) return;
  await mkdir(join(options.folder, 'bin'), { recursive: true });
  await requireSpace(options.folder, missing.map(bytesOf).reduce((sum, one) => sum + one, 0) + scratchBytes);
  const title = `toolchain: ${missing.length} of ${options.programs.length} programs`;
  await span(options.reporter, { title }, async (handle) => {
    const pace = new EtaEstimator(
      handle,
      missing.map(({ weight }) => weight),
    );
    for (const program of missing) {
      if (options.signal.aborted)
        throw new IsthmusError('INTERRUPTED', 'interrupted while making the toolchain');
      await pace.during(program.weight, () =>
        span(handle, { title: `${program.name} ${program.version}` }, (one) => make(program, options, one)),
      );
    }
  });
}

async function make(program: Program, options: EnsureProgramsOptions, handle: SpanHandle): Promise<void> {
  const { folder } = options;
  const draft = join(folder, 'drafts', program.name);
  // Also what a killed run left, whoever made it.
  await rm(join(folder, 'drafts'), { recursive: true, force: true });
  await mkdir(join(folder, 'drafts'), { recursive: true });
  try {
    await orDiskFull({ folder, needed: bytesOf(program) }, async () => {
      const source = await obtain(program, { ...options, draft }, handle);
      await store(folder, draft, { file: fileOf(program), source });
      handle.ends('done', source);
    });
  } finally {
    await rm(join(folder, 'drafts'), { recursive: true, force: true });
  }
}

/** The name of the source that gave it: the first that offers it, the next one when the network fails that. */
async function obtain(
  program: Program,
  { sources, signal, draft }: EnsureProgramsOptions & { draft: string },
  handle: SpanHandle,
): Promise<string> {
  const offers = sources.filter((one) => one.offers(program));
  for (const [at, source] of offers.entries()) {
    try {
      const onLine = (message: string) => handle.progress({ message });
      await source.obtain({ program, target: draft, signal, onLine });
      return source.name;
    } catch (error) {
      const next = offers[at + 1];
      if (!next || !isIsthmusError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
      note(handle, {
        level: 'warn',
        code: 'DOWNLOAD_FAILED',
        message: `${messageOf(error)}; trying: ${next.name}`,
      });
    }
  }
  throw new IsthmusError('BUG', `no source offers ${program.name}`);
}
