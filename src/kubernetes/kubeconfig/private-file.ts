import { chmod, chown, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';

/** The text of a file, or undefined if it does not exist. Throws KUBECONFIG_INVALID. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw failed(path, 'read', error);
  }
}

/**
 * Change a file that others read and write as well: under the lock that kubectl takes, in one
 * step, keeping owner and mode, and through symbolic links. `edit` returns undefined to leave the
 * file as it is. A new file is readable by its owner alone.
 */
export async function editPrivateFile(
  path: string,
  edit: (text: string) => string | undefined,
): Promise<void> {
  const target = await realpath(path).catch(() => path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw failed(target, 'write', error);
  });
  await locked(target, async () => {
    const text = edit((await readIfThere(target)) ?? '');
    if (text !== undefined) await replace(target, text);
  });
}

async function replace(target: string, text: string): Promise<void> {
  const draft = `${target}.isthmus-${process.pid}`;
  try {
    const before = await stat(target).catch(() => undefined);
    await writeFile(draft, text, { mode: 0o600 });
    if (before) {
      await chmod(draft, before.mode & 0o777);
      // Run by root for a user, the file must stay the user's.
      await chown(draft, before.uid, before.gid);
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw failed(target, 'write', error);
  }
}

async function locked(target: string, work: () => Promise<void>): Promise<void> {
  const lock = `${target}.lock`;
  await waitUntil({ what: `${lock} to be released`, timeoutMs: 3_000, maxDelayMs: 200 }, async () => {
    try {
      await (await open(lock, 'wx', 0o600)).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new NotReady('another program holds it');
      throw failed(target, 'write', error);
    }
  }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'TIMED_OUT') throw error;
    throw new IsthmusError('LOCK_HELD', `${target} is locked by another program`, {
      hint: `if no kubectl is at work, remove ${lock}`,
    });
  });
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

function failed(path: string, what: 'read' | 'write', error: unknown): IsthmusError {
  const { code } = error as NodeJS.ErrnoException;
  const options = { hint: 'check its permissions, or name another file in KUBECONFIG', cause: error };
  if (code === 'ENOSPC')
    return new IsthmusError('DISK_FULL', `cannot write ${path}: the disk is full`, { cause: error });
  return new IsthmusError(
    'KUBECONFIG_INVALID',
    `cannot ${what} ${path}: ${code ?? messageOf(error)}`,
    options,
  );
}
