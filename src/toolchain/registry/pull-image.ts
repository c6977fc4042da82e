import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { addFile, writeTar } from '../images/tar-file.ts';
import { downloadError, receive } from '../sources/http.ts';
import { releaseArch } from '../sources/releases.ts';
import { otherDigest, type RegistryClient, registryHint } from './registry-client.ts';
import { type Descriptor, otherPlatforms, type ResolvedImage } from './resolve-image.ts';

export interface PullOptions {
  /** Archive to write, in the OCI image layout that `ctr images import` reads. */
  readonly target: string;
  /** Folder for the blobs. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** How many bytes more have come. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetch an image's blobs, each compared with its digest, and put them into an archive under the image's name.
 * Throws DOWNLOAD_FAILED, CHECKSUM_MISMATCH or INTERRUPTED.
 */
export async function pullImage(
  client: RegistryClient,
  resolved: ResolvedImage,
  options: PullOptions,
): Promise<void> {
  for (const blob of resolved.blobs) await fetchBlob(client, blob, options);
  await refuseOtherPlatform(resolved, options);
  await writeLayout(resolved, options);
}

const blobPath = ({ digest }: Descriptor, { scratch }: Pick<PullOptions, 'scratch'>) =>
  join(scratch, digest.slice('sha256:'.length));

async function fetchBlob(client: RegistryClient, blob: Descriptor, options: PullOptions): Promise<void> {
  const { signal, onBytes } = options;
  const path = `blobs/${blob.digest}`;
  const hash = createHash('sha256');
  const response = await client.get(path);
  const onData = (chunk: Uint8Array) => {
    hash.update(chunk);
    onBytes(chunk.length);
  };
  try {
    await receive(response, blobPath(blob, options), { signal, onData });
  } catch (error) {
    throw downloadError(client.urlOf(path), error, { hint: registryHint, signal });
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== blob.digest) throw otherDigest(client.urlOf(path), { actual, wanted: blob.digest });
}

const platform = z.object({ os: z.string(), architecture: z.string() });

/** An image without an index says in its config what it is for. */
async function refuseOtherPlatform({ image, blobs }: ResolvedImage, options: PullOptions): Promise<void> {
  const [config] = blobs;
  if (!config) throw otherPlatforms(image, []);
  const stated = platform.safeParse(jsonOf(await readFile(blobPath(config, options), 'utf8')));
  const fits = stated.data?.os === 'linux' && stated.data.architecture === releaseArch[process.arch];
  if (!fits) throw otherPlatforms(image, [{ platform: stated.data }]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no config states no platform either.
    return undefined;
  }
}

const mtime = new Date(0);

async function writeLayout({ image, manifest, blobs }: ResolvedImage, options: PullOptions): Promise<void> {
  const { target, signal } = options;
  const annotations = {
    'io.containerd.image.name': image.name,
    'org.opencontainers.image.ref.name': image.tag,
  };
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest.descriptor, annotations }],
  };
  const entryOf = ({ digest }: Descriptor) => ({ name: `blobs/${digest.replace(':', '/')}`, mtime });
  await writeTar({ target, signal }, async (tar) => {
    tar.entry({ name: 'oci-layout', mtime }, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    tar.entry({ name: 'index.json', mtime }, JSON.stringify(index));
    tar.entry(entryOf(manifest.descriptor), manifest.bytes);
    for (const blob of blobs) await addFile(tar, entryOf(blob), blobPath(blob, options));
  });
}
