import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from './checksum.ts';

/** What is known of one cached file. */
export interface ManifestEntry {
  readonly sha256: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Name of the source that it came from. */
  readonly source: string;
  /** Hash of what it was made from, for files that are assembled from others. */
  readonly inputs?: string | undefined;
}

export type Manifest = Readonly<Record<string, ManifestEntry>>;

const manifestPath = (folder: string) => join(folder, 'manifest.json');

/** The manifest of a cache folder; an absent or unreadable one is empty, so that everything is made again. */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(manifestPath(folder), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

/** Add one file's entry; the manifest is replaced in one step. */
export async function recordFile(
  folder: string,
  file: string,
  made: { source: string; inputs?: string },
): Promise<ManifestEntry> {
  const path = join(folder, file);
  const { size, mtimeMs } = await stat(path);
  const entry: ManifestEntry = { sha256: await sha256Of(path), bytes: size, mtimeMs, ...made };
  const draft = `${manifestPath(folder)}.${process.pid}`;
  await writeFile(
    draft,
    `${JSON.stringify({ ...(await readManifest(folder)), [file]: entry }, undefined, 1)}\n`,
  );
  await rename(draft, manifestPath(folder));
  return entry;
}

export type FileState = 'good' | 'missing' | 'corrupt';

/** Compare a cached file with its entry: by size and time, or by checksum when `thorough` or the time differs. */
export async function fileState(
  folder: string,
  file: string,
  entry: ManifestEntry | undefined,
  thorough = false,
): Promise<FileState> {
  if (!entry) return 'missing';
  try {
    const { size, mtimeMs } = await stat(join(folder, file));
    if (size !== entry.bytes) return 'corrupt';
    if (!thorough && mtimeMs === entry.mtimeMs) return 'good';
    return (await sha256Of(join(folder, file))) === entry.sha256 ? 'good' : 'corrupt';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw error;
  }
}
