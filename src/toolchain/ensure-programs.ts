import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { note, type Reporter, type SpanHandle, span } from '../report/index.ts';
import { orDiskFull, requireSpace } from './disk-space.ts';
import { fileState, readManifest, recordFile } from './manifest.ts';
import type { Program } from './programs.ts';
import type { Source } from './source.ts';

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

const fileOf = ({ name }: Program) => join('bin', name);

/** The programs that the cache lacks or holds damaged. */
export async function missingPrograms(options: EnsureProgramsOptions): Promise<Program[]> {
  const manifest = await readManifest(options.folder);
  const states = await Promise.all(
    options.programs.map((program) =>
      fileState(options.folder, fileOf(program), manifest[fileOf(program)], options.verify),
    ),
  );
  states.forEach((state, at) => {
    const name = options.programs[at]?.name;
    if (state === 'corrupt')
      note(
        options.reporter,
        'warn',
        'CACHE_CORRUPT',
        `cached ${name} is not what was stored; it is made again`,
        { data: { program: name } },
      );
  });
  return options.programs.filter((_, at) => states[at] !== 'good');
}

/** Make what is missing, one after the other, as each uses all cores; resumes where an earlier run ended. */
export async function ensurePrograms(options: EnsureProgramsOptions): Promise<void> {
  const missing = await missingPrograms(options);
  if (missing.length === 0) return;
  await requireSpace(options.folder, 200 * 2 ** 20 * missing.length);
  const { reporter } = options;
  await span(
    reporter,
    { title: `toolchain: ${missing.length} of ${options.programs.length} programs` },
    async (handle) => {
      const pace = paceOf(missing);
      for (const program of missing) {
        handle.progress(pace.before(program));
        await span(handle, { title: `${program.name} ${program.version}` }, (one) =>
          obtain(program, options, one),
        );
        pace.after(program);
      }
    },
  );
}

async function obtain(
  program: Program,
  { folder, sources, signal }: EnsureProgramsOptions,
  handle: SpanHandle,
): Promise<void> {
  const source = sources.find((one) => one.offers(program));
  if (!source) throw new IsthmusError('BUG', `no source offers ${program.name}`);
  const draft = join(folder, 'bin', `.${program.name}.part`);
  await rm(draft, { force: true });
  try {
    await source.obtain({
      program,
      target: draft,
      signal,
      onLine: (message) => handle.progress({ message }),
    });
    await rename(draft, join(folder, fileOf(program)));
    await recordFile(folder, fileOf(program), { source: source.name });
    handle.ends('done', source.name);
  } catch (error) {
    await rm(draft, { force: true });
    throw orDiskFull(`making ${program.name}`, error);
  }
}

/** What is left, from the weights of what is done and the time that took. */
function paceOf(missing: readonly Program[]) {
  const started = Date.now();
  const total = missing.reduce((sum, { weight }) => sum + weight, 0);
  let done = 0;
  return {
    before: (program: Program) => {
      const perWeight = done > 0 ? (Date.now() - started) / done : 1000;
      return {
        message: program.name,
        done: missing.indexOf(program),
        total: missing.length,
        remainingMs: Math.round((total - done) * perWeight),
      };
    },
    after: (program: Program) => {
      done += program.weight;
    },
  };
}
