import { access } from 'node:fs/promises';
import { messageOf } from '../../errors/index.ts';
import { entriesOf as entriesIn, fileError, readIfThere as read, writeWhole } from '../../files/index.ts';

/** What is denied in the run directory is denied because local clusters are root's. */
const hint = 'run it as root: local clusters and their folder belong to root';

/** A file's text, or undefined if there is no such file (also when a folder of its path is missing). */
export const readIfThere = (path: string): Promise<string | undefined> => read(path, { hint });

/** What is in a folder; nothing if there is no such folder. */
export const entriesOf = (path: string) => entriesIn(path, { hint });

/** An error of the file system in words; anything else as it is. */
export const localFileError = (error: unknown, path: string): unknown => fileError(error, { path, hint });

/** What a program said of a full disk as DISK_FULL of a folder; any other error as it is. */
export const fullDiskOr = (error: unknown, folder: string): unknown =>
  /no space left/.test(messageOf(error))
    ? localFileError(Object.assign(new Error(messageOf(error)), { code: 'ENOSPC' }), folder)
    : error;

/** Is something at this path that this user may see? */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

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

/** Write in one step, so that a reader or a crash never sees half a file. True if it differed. */
export async function writeIfChanged(path: string, content: string, mode = 0o600): Promise<boolean> {
  if ((await readIfThere(path)) === content) return false;
  await writeWhole(path, content, { mode, hint });
  return true;
}
