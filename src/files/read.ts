import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { type FileErrorOptions, fileError, hasCode } from './file-error.ts';

/** A file's text in UTF-8; as {@link bytesIfThere} besides. */
export async function readIfThere(path: string, options: FileErrorOptions = {}): Promise<string | undefined> {
  return (await bytesIfThere(path, options))?.toString('utf8');
}

/**
 * What a file holds, or undefined if there is no such file, also when a folder of its path is missing.
 * Throws FILE_DENIED and its like.
 */
export async function bytesIfThere(
  path: string,
  options: FileErrorOptions = {},
): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    // ESRCH: a file of /proc whose process ended meanwhile.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ESRCH')) return undefined;
    throw fileError(error, { doing: 'read', path, ...options });
  }
}

/** What is in a folder; nothing if there is no such folder. Throws FILE_DENIED and its like. */
export async function entriesOf(path: string, options: FileErrorOptions = {}): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw fileError(error, { path, ...options });
  }
}
