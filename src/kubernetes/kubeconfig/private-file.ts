import type { Stats } from 'node:fs';
import { mkdir, readlink, realpath, rm, stat, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { bytesIfThere, fileError, hasCode, writeWhole } from '../../files/index.ts';
import { fileLock, NotReady, waitUntil } from '../../process/index.ts';
import { decoded } from './go-yaml.ts';

const hint = 'check its permissions, or name another file in KUBECONFIG';

/** The text of a file by its byte order mark, or undefined if it does not exist. Throws FILE_DENIED and its like. */
export async function readIfThere(path: string): Promise<string | undefined> {
  const bytes = await bytesIfThere(path, { hint });
  return bytes && decoded(bytes);
}

export interface EditOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Change a file that others read and write as well: under the lock that kubectl takes, in one
 * step, keeping owner and mode, and through symbolic links. `edit` returns undefined to leave the
 * file as it is. A new file is readable by its owner alone. Throws LOCK_HELD if another program
 * keeps the file, KUBECONFIG_INVALID for a device, FILE_DENIED and its like, INTERRUPTED.
 */
export async function editPrivateFile(
  path: string,
  edit: (text: string) => string | undefined,
  options: EditOptions = {},
): Promise<void> {
  const target = await realpath(path).catch(() => path);
  await refuseDevice(target);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileError(error, { doing: 'write', path: target, hint });
  });
  await locked(target, options, async () => {
    const text = edit((await readIfThere(target)) ?? '');
    if (text !== undefined) await replace(target, text);
  });
}

async function statIfThere(target: string): Promise<Stats | undefined> {
  return stat(target).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError(error, { path: target, hint });
  });
}

/** Whoever names /dev/null wants nothing kept; replaced by a file, it would be gone for everybody. */
async function refuseDevice(target: string): Promise<void> {
  const there = await statIfThere(target);
  if (!there || there.isFile() || there.isDirectory()) return;
  throw new IsthmusError('KUBECONFIG_INVALID', `${target} is no file that can be written to`, {
    hint: 'name a file first in KUBECONFIG',
  });
}

/** Run by root for a user, the file must stay the user's. */
async function replace(target: string, text: string): Promise<void> {
  const before = await statIfThere(target);
  const kept = before ? { mode: before.mode & 0o777, owner: { uid: before.uid, gid: before.gid } } : {};
  await writeWhole(target, text, { ...kept, hint });
}

const waitSeconds = 10;

/** What isthmus's lock links to, by which it is told from another program's. */
const mark = 'isthmus';

/**
 * kubectl knows a file `<kubeconfig>.lock` that must not exist, and that stays behind when its maker
 * is killed. So isthmus also holds the kernel's lock on the folder, which no crash leaves behind: who
 * has that may remove a `.lock` of isthmus, as its maker is gone. A link can be made with its mark in
 * one step, and to kubectl it is a file that exists.
 */
async function locked(target: string, { signal }: EditOptions, work: () => Promise<void>): Promise<void> {
  const release = await fileLock(dirname(target), { waitSeconds, signal });
  if (!release) throw held(target, 'another isthmus');
  const lock = `${target}.lock`;
  try {
    await takeKubectlLock(target, lock, signal);
    await work().finally(() => rm(lock, { force: true }));
  } finally {
    await release();
  }
}

async function takeKubectlLock(target: string, lock: string, signal: AbortSignal | undefined): Promise<void> {
  const what = `${lock} to be released`;
  await waitUntil({ what, timeoutMs: 3_000, maxDelayMs: 200, signal }, async () => {
    try {
      await symlink(mark, lock);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw fileError(error, { doing: 'write', path: lock, hint });
      if (await isOurs(lock)) await rm(lock, { force: true });
      throw new NotReady('another program holds it');
    }
  }).catch((error: unknown) => {
    if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
    throw held(target, 'another program');
  });
}

async function isOurs(lock: string): Promise<boolean> {
  try {
    return (await readlink(lock)) === mark;
  } catch (error) {
    // EINVAL: no link. ENOENT: it was removed just now.
    if (hasCode(error, 'EINVAL', 'ENOENT')) return false;
    throw fileError(error, { path: lock, hint });
  }
}

const held = (target: string, by: string): IsthmusError =>
  new IsthmusError('LOCK_HELD', `${target} is locked by ${by}`, {
    hint: `if no kubectl is at work, remove ${target}.lock`,
  });
