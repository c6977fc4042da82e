import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Pack } from 'tar-stream';
import { addFile, writeTar } from './tar-file.ts';

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
export async function writeLayer(
  target: string,
  entries: readonly LayerEntry[],
  signal: AbortSignal,
): Promise<Layer> {
  const hash = createHash('sha256');
  await writeTar({ target, signal, onData: (chunk) => hash.update(chunk) }, async (tar) => {
    for (const entry of withParents(entries)) await add(tar, entry);
  });
  return { path: target, digest: `sha256:${hash.digest('hex')}` };
}

const epoch = new Date(0);

async function add(tar: Pack, entry: LayerEntry): Promise<void> {
  const common = { name: entry.path, uid: 0, gid: 0, mtime: epoch };
  switch (entry.type) {
    case 'folder': {
      const owner = entry.uid ?? 0;
      const mode = entry.mode ?? 0o755;
      tar.entry({ ...common, type: 'directory', mode, uid: owner, gid: owner });
      break;
    }
    case 'link':
      tar.entry({ ...common, type: 'symlink', linkname: entry.to, mode: 0o777 });
      break;
    case 'text':
      tar.entry({ ...common, mode: entry.mode ?? 0o644 }, entry.text);
      break;
    case 'file':
      await addFile(tar, { ...common, mode: entry.mode ?? 0o755 }, entry.from);
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
