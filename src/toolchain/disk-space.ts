import { statfs } from 'node:fs/promises';
import { IsthmusError, messageOf } from '../errors/index.ts';

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** DISK_FULL for something that ran out of space while it worked. */
export function diskFull(what: string, cause: unknown): IsthmusError {
  return new IsthmusError('DISK_FULL', `no space left on the device while ${what}`, {
    hint: 'free some space and run the command again: what is done is kept',
    cause,
  });
}

/** Throws DISK_FULL if the file system of `folder` has less than `needed` bytes free. */
export async function requireSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new IsthmusError('DISK_FULL', `${folder} has ${gib(free)} free and ${gib(needed)} are needed`, {
    hint: 'free some space, or set XDG_CACHE_HOME to a larger file system',
  });
}

/** Turns the kernel's ENOSPC into DISK_FULL and leaves everything else alone. */
export function orDiskFull(what: string, error: unknown): unknown {
  const full =
    (error as NodeJS.ErrnoException)?.code === 'ENOSPC' || /ENOSPC|no space left/i.test(messageOf(error));
  return full ? diskFull(what, error) : error;
}
