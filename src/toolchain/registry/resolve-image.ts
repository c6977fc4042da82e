import { createHash } from 'node:crypto';
import * as z from 'zod';
import { IsthmusError } from '../../errors/index.ts';
import { releaseArch } from '../sources/releases.ts';
import type { ImageReference } from './image-reference.ts';
import { otherDigest, type RegistryClient, registryHint } from './registry-client.ts';

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
const indexBody = z.object({ manifests: z.array(descriptor) });
const manifestBody = z.object({ config: descriptor, layers: z.array(descriptor) });

/** A piece of an image by its digest: media type, `sha256:…`, bytes. */
export type Descriptor = z.infer<typeof descriptor>;

/** An image of this machine's platform as a registry has it; its blobs are still to be fetched. */
export interface ResolvedImage {
  readonly image: ImageReference;
  /** Of what the tag or pin names: an index where there is one, else the manifest. */
  readonly digest: string;
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Config and layers, each once. */
  readonly blobs: readonly Descriptor[];
}

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/**
 * What an image is made of, by the pinned digest or else by what its tag names now. Throws DOWNLOAD_FAILED, also
 * where it has none for this platform, CHECKSUM_MISMATCH or INTERRUPTED.
 */
export async function resolveImage(
  client: RegistryClient,
  image: ImageReference,
  pinned?: string,
): Promise<ResolvedImage> {
  const top = await documentOf(client, pinned ?? image.tag);
  if (!indexTypes.includes(top.mediaType)) return resolved({ image, digest: top.digest }, top, client);
  const { manifests } = parsed(indexBody, top, client);
  const own = manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === releaseArch[process.arch],
  );
  if (!own) throw otherPlatforms(image, manifests);
  return resolved({ image, digest: top.digest }, await documentOf(client, own.digest), client);
}

interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An index or manifest by tag or digest; it is what its digest says. */
async function documentOf(client: RegistryClient, wanted: string): Promise<Document> {
  const path = `manifests/${wanted}`;
  const response = await client.get(path, [...indexTypes, ...manifestTypes]);
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const stated = wanted.startsWith('sha256:') ? wanted : response.headers.get('docker-content-digest');
  if (stated && stated !== digest) throw otherDigest(client.urlOf(path), { actual: digest, wanted: stated });
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').split(';');
  return { digest, mediaType: mediaType.trim(), bytes };
}

function resolved(
  named: Pick<ResolvedImage, 'image' | 'digest'>,
  own: Document,
  client: RegistryClient,
): ResolvedImage {
  if (!manifestTypes.includes(own.mediaType))
    throw unusable(`${client.urlOf(`manifests/${own.digest}`)} is ${own.mediaType || 'of no stated type'}`);
  const { config, layers } = parsed(manifestBody, own, client);
  const blobs = [...new Map([config, ...layers].map((one) => [one.digest, one])).values()];
  const { mediaType, bytes } = own;
  return {
    ...named,
    manifest: { descriptor: { mediaType, digest: own.digest, size: bytes.length }, bytes },
    blobs,
  };
}

function parsed<T>(shape: z.ZodType<T>, { digest, bytes }: Document, client: RegistryClient): T {
  try {
    return shape.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw unusable(`${client.urlOf(`manifests/${digest}`)} is no manifest`, cause);
  }
}

const unusable = (message: string, cause?: unknown) =>
  new IsthmusError('DOWNLOAD_FAILED', message, { hint: registryHint, cause });

/** An image for other machines than this one. */
export function otherPlatforms(image: ImageReference, has: readonly Pick<Descriptor, 'platform'>[]) {
  const named = has.flatMap(({ platform }) => (platform ? [`${platform.os}/${platform.architecture}`] : []));
  const own = `linux/${releaseArch[process.arch] ?? process.arch}`;
  return unusable(`${image.name} has nothing for ${own}, only for ${named.join(', ') || 'no platform'}`);
}
