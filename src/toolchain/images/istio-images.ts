import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { allOf } from '../../process/index.ts';
import { type Reporter, type SpanHandle, span } from '../../report/index.ts';
import { orDiskFull, requireSpace } from '../cache/disk-space.ts';
import { fileStates } from '../cache/file-state.ts';
import { readManifest, store } from '../cache/manifest.ts';
import { type ImageReference, imageReference } from '../registry/image-reference.ts';
import { pinnedDigests } from '../registry/pinned-digests.ts';
import { pullImage } from '../registry/pull-image.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { type ResolvedImage, resolveImage } from '../registry/resolve-image.ts';

/** An image of a registry in the cache. */
export interface PulledImage {
  /** Reference with tag, as pods name it. */
  readonly name: string;
  /** `sha256:…` of what its tag or pin names. */
  readonly digest: string;
  /** Archive inside the cache folder. */
  readonly file: string;
}

export interface PullingOptions {
  readonly folder: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly verify?: boolean | undefined;
}

/** By what it was pulled from, so that another registry or another digest is another file. */
const fileOf = (name: string, digest: string): string =>
  `images/${name.slice(0, name.lastIndexOf(':')).replace(/[^\w.-]/g, '+')}@${digest.slice(7, 23)}.tar`;

/** Those of the named images that were pulled, or undefined unless all of them were, whole and as pinned. */
export async function pulledImages(
  names: readonly string[],
  { folder, verify }: Pick<PullingOptions, 'folder' | 'verify'>,
): Promise<PulledImage[] | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === 'corrupt') return undefined;
  const found = names.flatMap((name) => {
    const digests = Object.values(manifest).flatMap(({ source }) =>
      source.startsWith(`${name}@`) ? [source.slice(name.length + 1)] : [],
    );
    const digest = pinnedDigests[name] ?? digests[0];
    return digest === undefined ? [] : [{ name, digest, file: fileOf(name, digest) }];
  });
  const states = await fileStates(folder, found, verify);
  return found.length === names.length && states.every(({ state }) => state === 'good') ? found : undefined;
}

/** Whoever cannot answer so soon is not waited for where there is another way. */
const answerMs = 5000;

interface Found {
  readonly client: RegistryClient;
  readonly resolved: ResolvedImage;
}

/**
 * Pull images into the cache, all of them or none. Throws DOWNLOAD_FAILED, within seconds where a registry does
 * not answer, CHECKSUM_MISMATCH, DISK_FULL or INTERRUPTED. The caller holds the cache's lock.
 */
export async function pullImages(names: readonly string[], options: PullingOptions): Promise<PulledImage[]> {
  const { folder, reporter, signal } = options;
  const repositories = names.map((name) => imageReference(name).repository).join(', ');
  return span(reporter, { title: `images ${repositories}` }, async (handle) => {
    const found: Found[] = [];
    // One after the other: where the first cannot be had, nobody waits for the rest.
    for (const name of names) found.push(await find(imageReference(name), signal));
    const bytes = found.flatMap(({ resolved }) => resolved.blobs).reduce((sum, { size }) => sum + size, 0);
    // Once as blobs and once in the archives.
    await requireSpace(folder, 2 * bytes);
    await orDiskFull({ folder, needed: 2 * bytes }, () => pullAll(found, { ...options, handle, bytes }));
    return found.map(({ resolved: { image, digest } }) => ({
      name: image.name,
      digest,
      file: fileOf(image.name, digest),
    }));
  });
}

async function find(image: ImageReference, signal: AbortSignal): Promise<Found> {
  const client = new RegistryClient(image, { signal, answerMs });
  return { client, resolved: await resolveImage(client, image, pinnedDigests[image.name]) };
}

interface PullingAll extends PullingOptions {
  readonly handle: SpanHandle;
  readonly bytes: number;
}

async function pullAll(found: readonly Found[], options: PullingAll): Promise<void> {
  const { folder, signal, handle, bytes } = options;
  const drafts = join(folder, 'drafts');
  let done = 0;
  // Also what a killed run left.
  await rm(drafts, { recursive: true, force: true });
  await allOf([drafts, join(folder, 'images')].map((path) => mkdir(path, { recursive: true })));
  try {
    for (const { client, resolved } of found) {
      const { image, digest } = resolved;
      const onBytes = (more: number) => {
        done += more;
        handle.progress({ message: image.name, done, total: bytes });
      };
      const target = join(drafts, 'archive.tar');
      await pullImage(client, resolved, { target, scratch: drafts, signal, onBytes });
      const file = fileOf(image.name, digest);
      await store(folder, target, { file, source: `${image.name}@${digest}` });
    }
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}
