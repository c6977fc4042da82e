import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { draftOf, fileError, publish } from '../files/index.ts';
import type { MeshFile } from './collection.ts';

/**
 * Write files as a compressed archive under `isthmus-bundle/`, readable by its owner only, and
 * return its size in bytes. It has another name until it is whole.
 */
export async function writeArchive(path: string, files: readonly MeshFile[]): Promise<number> {
  const { pack } = await import('./tar.ts');
  const archive = pack();
  const draft = draftOf(path);
  const written = pipeline(archive, createGzip(), createWriteStream(draft, { flags: 'wx', mode: 0o600 }));
  for (const { name, content } of files)
    archive.entry({ name: `isthmus-bundle/${name}`, mode: 0o600 }, content);
  archive.finalize();
  try {
    await written;
    await publish(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw fileError(error, { doing: 'write', path });
  }
  return (await stat(path)).size;
}
