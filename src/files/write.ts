import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FileErrorOptions, fileError } from './file-error.ts';

export interface WriteOptions extends FileErrorOptions {
  /** Rights of the file; its owner alone may read and write it by default. */
  readonly mode?: number;
  /** To whom the file shall belong, when not to this user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * A name for a file that is not whole yet, beside the one that it will replace. Nobody can foresee
 * it, so nobody can lay a link or an open file of theirs in its place.
 */
export const draftOf = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.draft`;

/**
 * Write a file in one step, with its folder: whoever reads it, and whatever ends this process or
 * the power, there is the old text or the new. At no time can anybody read it who may not read
 * the result. A symbolic link is replaced, not followed. Throws FILE_DENIED, DISK_FULL and their like.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const draft = draftOf(path);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDraft(draft, content, options);
    await publish(draft, path);
  } catch (error) {
    throw fileError(error, { doing: 'write', path, ...options });
  }
}

async function writeDraft(
  draft: string,
  content: string | Uint8Array,
  { mode = 0o600, owner }: WriteOptions,
): Promise<void> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    if (owner) await handle.chown(owner.uid, owner.gid);
    if (mode !== 0o600) await handle.chmod(mode);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Give a finished draft its name so that even after a power cut there is the whole file or the one
 * before. The draft is gone afterwards, also when that failed.
 */
export async function publish(draft: string, path: string): Promise<void> {
  try {
    await sync(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
