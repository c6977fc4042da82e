import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { IsthmusError } from '../errors/index.ts';
import { note, type Reporter } from '../report/index.ts';

export interface LockContext {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Run `work` as the only one that fills this cache folder. A second isthmus says that it waits, and
 * finds what the first one finished. The lock is the kernel's, held by a child for as long as its
 * standard input is open: kill -9 of this process frees it at once and nothing goes stale.
 */
export async function withCacheLock<T>(
  folder: string,
  context: LockContext,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const release = (await acquire(folder, 'now', context)) ?? (await acquireLater(folder, context));
  try {
    return await work();
  } finally {
    await release();
  }
}

type Release = () => Promise<void>;

async function acquireLater(folder: string, context: LockContext): Promise<Release> {
  const message = 'another isthmus fills the toolchain cache; waiting for it';
  note(context.reporter, 'info', 'TOOLCHAIN_WAITING', message, { data: { folder } });
  const release = await acquire(folder, 'later', context);
  if (release) return release;
  throw new IsthmusError('LOCK_HELD', `the lock of ${folder} could not be taken`, {
    hint: `see who has it: fuser -v ${folder}`,
  });
}

/** Undefined when somebody else has it and `when` is now. */
async function acquire(
  folder: string,
  when: 'now' | 'later',
  { signal }: LockContext,
): Promise<Release | undefined> {
  const patience = when === 'now' ? ['--nonblock'] : [];
  const args = [...patience, '--no-fork', '--exclusive', folder, 'sh', '-c', 'echo held; exec cat'];
  // A group of its own, as Ctrl+C at the terminal must not free the lock before the work has stopped.
  const holder = spawn('flock', args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const ended = new Promise<Error | 'ended'>((resolve) => {
    holder.on('error', resolve);
    holder.on('exit', () => resolve('ended'));
  });
  const stop = () => void holder.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const first = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), ended]);
  signal.removeEventListener('abort', stop);
  const release = async () => {
    holder.stdin.end();
    await ended;
  };
  if (first instanceof Error) throw flockMissing(first);
  if (!signal.aborted) return first === 'held' ? release : undefined;
  await release();
  throw new IsthmusError('INTERRUPTED', `interrupted while waiting for ${folder}`);
}

const flockMissing = (cause: Error) =>
  new IsthmusError('TOOL_MISSING', `flock cannot be run: ${cause.message}`, {
    hint: 'apt-get install --no-install-recommends util-linux',
    packages: ['util-linux'],
    cause,
  });
