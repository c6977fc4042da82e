import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { fileLock } from '../../process/index.ts';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Do `work` while holding the kernel's lock on `path`. The holder may delete the file
 * as the last thing it does. Throws LOCK_HELD after the time-out.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, timeoutSeconds = 120 }: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const release = await fileLock(path, { waitSeconds: timeoutSeconds, signal });
  if (!release)
    throw new IsthmusError('LOCK_HELD', `another isthmus has held ${path} for ${timeoutSeconds} s`, {
      hint: 'wait for it to end, or stop it',
    });
  try {
    return await work();
  } finally {
    await release();
  }
}
