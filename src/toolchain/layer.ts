import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

/** One thing in an image's file system; paths have no leading slash. */
export type LayerEntry =
  | { readonly type: 'file'; readonly path: string; readonly from: string; readonly mode?: number }
  | { readonly type: 'text'; readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly type: 'link'; readonly path: string; readonly to: string }
  | { readonly type: 'folder'; readonly path: string; readonly mode?: number; readonly uid?: number };

export interface Layer {
  /** Uncompressed tar on disk. */
  readonly path: string;
  /** `sha256:…` of it, which is also its diff id. */
  readonly digest: string;
}

/**
 * Write a layer whose bytes depend only on its entries: sorted, parents first, no times. Not
 * compressed, since every node on this machine would only unpack it again.
 */
export async function writeLayer(target: string, entries: readonly LayerEntry[]): Promise<Layer> {
  const tar = pack();
  const hash = createHash('sha256');
  tar.on('data', (chunk) => hash.update(chunk as Uint8Array));
  const written = pipeline(tar, createWriteStream(target));
  for (const entry of withParents(entries)) await add(tar, entry);
  tar.finalize();
  await written;
  return { path: target, digest: `sha256:${hash.digest('hex')}` };
}

const epoch = new Date(0);

async function add(tar: Pack, entry: LayerEntry): Promise<void> {
  const common = { name: entry.path, uid: 0, gid: 0, mtime: epoch };
  if (entry.type === 'folder')
    tar.entry({
      ...common,
      type: 'directory',
      mode: entry.mode ?? 0o755,
      uid: entry.uid ?? 0,
      gid: entry.uid ?? 0,
    });
  else if (entry.type === 'link') tar.entry({ ...common, type: 'symlink', linkname: entry.to, mode: 0o777 });
  else if (entry.type === 'text') tar.entry({ ...common, mode: entry.mode ?? 0o644 }, entry.text);
  else {
    const { size } = await stat(entry.from);
    const slot = tar.entry({ ...common, mode: entry.mode ?? 0o755, size });
    await pipeline(createReadStream(entry.from), slot as unknown as NodeJS.WritableStream);
  }
}

/** Entries by path, each once (the last wins), with every folder above them. */
function withParents(entries: readonly LayerEntry[]): LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    for (let folder = dirname(entry.path); folder !== '.'; folder = dirname(folder))
      if (!byPath.has(folder)) byPath.set(folder, { type: 'folder', path: folder });
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
