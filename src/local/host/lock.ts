import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { hasCode } from '../../files/index.ts';
import { fileLock } from '../../process/index.ts';
import { entriesOf, localFileError } from './files.ts';

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** A lock of a run directory, by its name. */
export const lockFile = (root: string, name: string): string => join(root, '.locks', name);

/**
 * Do `work` while holding the kernel's lock on `path`. The holder may delete the file
 * as the last thing it does. Throws LOCK_HELD after the time-out.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, timeoutSeconds = 120 }: LockOptions = {},
): Promise<T> {
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

/** What a mesh's and a node's lock are called; a file of another name is not isthmus's to remove. */
const isLockName = (name: string): boolean => /^(host|[0-9a-f]{6}\.mesh|[0-9a-f]{6}-[0-9a-f]{5})$/.test(name);

/**
 * Remove the locks of a run directory that nobody holds, such as those of an isthmus that was killed,
 * and then the folder itself if nothing else is in it. Never a held one: its holder would then not
 * keep out who comes next.
 */
export async function removeIdleLocks(root: string): Promise<void> {
  const folder = lockFile(root, '');
  for (const { name } of (await entriesOf(folder)).filter((entry) => isLockName(entry.name))) {
    const path = join(folder, name);
    const release = await fileLock(path, { waitSeconds: 0 });
    if (release) await rm(path, { force: true }).finally(release);
  }
  for (const empty of [folder, dirname(folder)])
    await rmdir(empty).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'ENOENT', 'EBUSY')) throw localFileError(error, empty);
    });
}
