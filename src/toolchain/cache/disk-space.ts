import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';

/** Bytes that the file system of `folder`, or of where it would be made, could still take. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return freeBytes(dirname(folder));
  }
}

const hint = 'free some space, or set XDG_CACHE_HOME to a folder on a larger disk: what is done is kept';

/** Throws DISK_FULL if the file system of `folder` has less than `needed` bytes free. */
export async function requireSpace(folder: string, needed: number): Promise<void> {
  const available = await freeBytes(folder);
  if (available >= needed) return;
  throw new IsthmusError('DISK_FULL', `${folder} has ${available} bytes free and ${needed} are needed`, {
    hint,
  });
}

/** Run `work`; the kernel's ENOSPC, its own or a program's, comes out as DISK_FULL with what is left. */
export async function orDiskFull<T>(
  { folder, needed }: { folder: string; needed: number },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'DISK_FULL') throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && !/no space left on device/i.test(said(error))) throw error;
    const left = `${await freeBytes(folder)} bytes free and about ${needed} are needed`;
    throw new IsthmusError('DISK_FULL', `the disk filled up: ${folder} has ${left}`, { hint, cause: error });
  }
}

/** What a failed program printed is in its error's message or in the message of the error that it caused. */
function said(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return `${messageOf(error)} ${cause === undefined ? '' : messageOf(cause)}`;
}
