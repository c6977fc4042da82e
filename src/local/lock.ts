import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError } from '../errors/index.ts';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** The last holder may have deleted the file: then the lock is on nothing that others can see. */
const script = `
exec 9>>"$1" || exit 2
flock --exclusive --timeout "$2" 9 || exit 1
[ "$1" -ef /proc/self/fd/9 ] && echo held || { echo stale; exit 0; }
exec cat
`;

/**
 * Do `work` while holding a kernel lock on `path`. A helper process holds it for as long as its
 * standard input is open, so kill -9 of this process frees it at once and nothing goes stale. The
 * holder may delete the file. Throws LOCK_HELD after the time-out.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  let release = await hold(path, options);
  while (!release) release = await hold(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Returns how to let go, or undefined if the file was deleted meanwhile. */
async function hold(path: string, options: LockOptions): Promise<(() => Promise<void>) | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const timeout = options.timeoutSeconds ?? 120;
  const holder = spawn('sh', ['-c', script, 'lock', path, String(timeout)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] },
  });
  const exited = new Promise<undefined>((resolve) => {
    holder.on('error', () => resolve(undefined));
    holder.on('exit', () => resolve(undefined));
  });
  // With code 0 it has said something, which may be delivered after its end.
  const silent = new Promise<undefined>((resolve) => {
    holder.on('error', () => resolve(undefined));
    holder.on('exit', (code) => code !== 0 && resolve(undefined));
  });
  const release = async () => {
    holder.stdin.end();
    await exited;
  };
  const abort = () => holder.kill('SIGKILL');
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const said = await Promise.race([once(holder.stdout, 'data'), silent]);
    if (options.signal?.aborted)
      throw new IsthmusError('INTERRUPTED', `interrupted while waiting for ${path}`);
    if (said === undefined) throw held(path, timeout);
    return String(said[0]).startsWith('held') ? release : undefined;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

const held = (path: string, timeout: number) =>
  new IsthmusError('LOCK_HELD', `another isthmus has held ${path} for ${timeout} s`, {
    hint: 'wait for it to end, or stop it',
  });
