import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { publish, readIfThere, writeWhole } from '../../files/index.ts';
import { sha256Of } from '../sources/checksum.ts';

const manifestEntry = z.object({
  sha256: z.string(),
  bytes: z.number(),
  mtimeMs: z.number(),
  /** Name of the source that it came from. */
  source: z.string(),
  /** Hash of what it was made from, for files that are assembled from others. */
  inputs: z.string().optional(),
});

/** What is known of one cached file. */
export type ManifestEntry = z.infer<typeof manifestEntry>;
/** Entries by path inside the cache folder. */
export type Manifest = Readonly<Record<string, ManifestEntry>>;

const manifestPath = (folder: string) => join(folder, 'manifest.json');

/** The manifest of a cache folder; an absent one is empty, `'corrupt'` is one that makes no sense. */
export async function readManifest(folder: string): Promise<Manifest | 'corrupt'> {
  const text = await readIfThere(manifestPath(folder));
  if (text === undefined) return {};
  try {
    return z.record(z.string(), manifestEntry).parse(JSON.parse(text));
  } catch {
    return 'corrupt';
  }
}

/**
 * Move a finished draft to `file` and write down what it is. The manifest comes second, so that
 * nothing half-made ever counts as cached. The caller holds the cache's lock.
 */
export async function store(
  folder: string,
  draft: string,
  made: { file: string; source: string; inputs?: string },
): Promise<void> {
  const { file, ...rest } = made;
  const sha256 = await sha256Of(draft);
  await publish(draft, join(folder, file));
  const { size, mtimeMs } = await stat(join(folder, file));
  const before = await readManifest(folder);
  const known = before === 'corrupt' ? {} : before;
  const next: Manifest = { ...known, [file]: { sha256, bytes: size, mtimeMs, ...rest } };
  await writeWhole(manifestPath(folder), `${JSON.stringify(next, undefined, 1)}\n`, { mode: 0o644 });
}
