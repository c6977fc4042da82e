import { readFile } from 'node:fs/promises';
import { isIsthmusError, type Location } from '../../errors/index.ts';
import type { Topology } from '../types.ts';
import { readDocument } from './mesh-document.ts';

/** Where a setting stands in the mesh file, for an error that is found only in what it stands for. */
export async function placeInFile(
  { file }: Pick<Topology, 'file'>,
  path: readonly PropertyKey[],
): Promise<Location | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  try {
    return text === undefined ? { file } : readDocument(text, file).locate(path);
  } catch (error) {
    // It was changed since it was read, which is not what the caller has to tell.
    if (!isIsthmusError(error)) throw error;
    return { file };
  }
}
