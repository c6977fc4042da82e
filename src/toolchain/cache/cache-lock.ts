import { mkdir } from 'node:fs/promises';
import { IsthmusError } from '../../errors/index.ts';
import { fileLock, type Release } from '../../process/index.ts';
import { note, type Reporter } from '../../report/index.ts';

export interface LockContext {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The longest that a first build on a slow machine may take, in seconds. */
const waitSeconds = 7200;

/**
 * Run `work` as the only one that fills this cache folder. A second isthmus says that it waits, and
 * finds what the first one finished.
 */
export async function withCacheLock<T>(
  folder: string,
  context: LockContext,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const { signal } = context;
  const release = (await fileLock(folder, { waitSeconds: 0, signal })) ?? (await later(folder, context));
  try {
    return await work();
  } finally {
    await release();
  }
}

async function later(folder: string, { reporter, signal }: LockContext): Promise<Release> {
  const message = 'another isthmus fills the toolchain cache; waiting for it';
  note(reporter, { level: 'info', code: 'TOOLCHAIN_WAITING', message, data: { folder } });
  const release = await fileLock(folder, { waitSeconds, signal });
  if (release) return release;
  throw new IsthmusError('LOCK_HELD', `another isthmus has filled ${folder} for two hours`, {
    hint: `see who has it: fuser -v ${folder}`,
  });
}
