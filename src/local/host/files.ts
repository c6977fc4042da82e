import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';

const hasCode = (error: unknown, ...codes: string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** A file's text, or undefined if there is no such file (also when a folder of its path is missing). */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ESRCH')) return undefined;
    throw error;
  }
}

/** A JSON file's value; a missing or torn file is undefined, so that the caller makes it anew. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Write through a rename, so that a reader or a crash never sees half a file. True if it differed. */
export async function writeIfChanged(path: string, content: string, mode = 0o600): Promise<boolean> {
  if ((await readIfThere(path)) === content) return false;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, content, { mode });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw diskFull(error, path);
  }
  return true;
}

/** ENOSPC as DISK_FULL; anything else as it is. */
export function diskFull(error: unknown, path: string): unknown {
  if (!hasCode(error, 'ENOSPC', 'EDQUOT')) return error;
  return new IsthmusError('DISK_FULL', `no space left for ${path}`, {
    hint: 'free some space there, or set ISTHMUS_RUN_DIR to a folder on another disk',
    cause: error,
  });
}

export { hasCode };
