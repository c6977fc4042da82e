import { createHash } from 'node:crypto';
import type { Layer } from './layer.ts';
import { addFile, writeTar } from './tar-file.ts';

export interface ImageSpec {
  /** Full reference with tag; several names may share one image. */
  readonly references: readonly string[];
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly layers: readonly Layer[];
  /** `NAME=value` beside PATH. */
  readonly env?: readonly string[];
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function configOf(image: ImageSpec): string {
  return JSON.stringify({
    created: '1970-01-01T00:00:00Z',
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: image.user,
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(image.env ?? [])],
      Entrypoint: image.entrypoint,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ digest }) => digest) },
  });
}

const layerName = ({ digest }: Layer) => `${digest.slice('sha256:'.length)}/layer.tar`;

/** One `docker save` archive with several images; a layer that they share is in it once. */
export async function writeImageArchive(
  target: string,
  images: readonly ImageSpec[],
  signal: AbortSignal,
): Promise<void> {
  const mtime = new Date(0);
  await writeTar({ target, signal }, async (tar) => {
    const manifest = images.map((image) => {
      const config = configOf(image);
      const name = `${createHash('sha256').update(config).digest('hex')}.json`;
      tar.entry({ name, mtime }, config);
      return { Config: name, RepoTags: image.references, Layers: image.layers.map(layerName) };
    });
    tar.entry({ name: 'manifest.json', mtime }, JSON.stringify(manifest));
    const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.digest, layer]));
    for (const layer of layers.values()) await addFile(tar, { name: layerName(layer), mtime }, layer.path);
  });
}
