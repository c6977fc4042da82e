import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';

export interface TarOptions {
  readonly target: string;
  readonly signal: AbortSignal;
  /** Sees every byte of the archive. */
  readonly onData?: ((chunk: Uint8Array) => void) | undefined;
}

/** Write a tar archive of what `fill` puts into it. */
export async function writeTar(options: TarOptions, fill: (tar: Pack) => Promise<void>): Promise<void> {
  const { target, signal, onData } = options;
  const tar = pack();
  if (onData) tar.on('data', (chunk) => onData(chunk as Uint8Array));
  const written = pipeline(tar, createWriteStream(target), { signal });
  const filled = fill(tar).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  // A full disk fails both sides; neither may fail unheard, and the writer knows the reason.
  await Promise.allSettled([written, filled]);
  await written;
}

type EntryHeader = Parameters<Pack['entry']>[0];

/** Add a file of the disk. */
export async function addFile(tar: Pack, header: EntryHeader, path: string): Promise<void> {
  const slot = tar.entry({ ...header, size: (await stat(path)).size });
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    slot as unknown as NodeJS.WritableStream,
  );
}
