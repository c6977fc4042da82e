import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../sources/checksum.ts';
import { type ManifestEntry, readManifest } from './manifest.ts';

export type FileState = 'good' | 'missing' | 'corrupt' | 'stale';

/** A file that the cache should hold. */
export interface WantedFile {
  /** Path inside the cache folder. */
  readonly file: string;
  /** Hash of what it is made from; another one in the manifest makes it stale. */
  readonly inputs?: string | undefined;
}

export interface CachedFile {
  readonly state: FileState;
  readonly entry: ManifestEntry | undefined;
}

/**
 * How each file is: by size and time of change, by checksum when `thorough` or the time differs.
 * Under a corrupt manifest no file can be vouched for.
 */
export async function fileStates(
  folder: string,
  wanted: readonly WantedFile[],
  thorough = false,
): Promise<CachedFile[]> {
  const manifest = await readManifest(folder);
  const look = async ({ file, inputs }: WantedFile): Promise<CachedFile> => {
    if (manifest === 'corrupt') return { state: 'corrupt', entry: undefined };
    const entry = manifest[file];
    const state = await stateOf(join(folder, file), entry, thorough);
    return { state: state === 'good' && entry?.inputs !== inputs ? 'stale' : state, entry };
  };
  return Promise.all(wanted.map(look));
}

async function stateOf(
  path: string,
  entry: ManifestEntry | undefined,
  thorough: boolean,
): Promise<FileState> {
  if (!entry) return 'missing';
  try {
    const { size, mtimeMs } = await stat(path);
    if (size !== entry.bytes) return 'corrupt';
    if (!thorough && mtimeMs === entry.mtimeMs) return 'good';
    return (await sha256Of(path)) === entry.sha256 ? 'good' : 'corrupt';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw error;
  }
}
