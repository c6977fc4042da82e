import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Layer } from './layer.ts';

export interface ImageSpec {
  /** Full reference with tag; several names may share one image. */
  readonly references: readonly string[];
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly layers: readonly Layer[];
  readonly workingDir?: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function configOf(image: ImageSpec): string {
  return JSON.stringify({
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: image.user,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: image.entrypoint,
      ...(image.workingDir ? { WorkingDir: image.workingDir } : {}),
    },
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ digest }) => digest) },
  });
}

const layerName = ({ digest }: Layer) => `${digest.slice('sha256:'.length)}/layer.tar`;

/** One `docker save` archive with several images; a layer that they share is in it once. */
export async function writeImageArchive(target: string, images: readonly ImageSpec[]): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(target));
  const mtime = new Date(0);
  const manifest = images.map((image) => {
    const config = configOf(image);
    const name = `${createHash('sha256').update(config).digest('hex')}.json`;
    tar.entry({ name, mtime }, config);
    return { Config: name, RepoTags: image.references, Layers: image.layers.map(layerName) };
  });
  tar.entry({ name: 'manifest.json', mtime }, JSON.stringify(manifest));
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.digest, layer]));
  for (const layer of layers.values()) {
    const slot = tar.entry({ name: layerName(layer), mtime, size: (await stat(layer.path)).size });
    await pipeline(createReadStream(layer.path), slot as unknown as NodeJS.WritableStream);
  }
  tar.finalize();
  await written;
}
