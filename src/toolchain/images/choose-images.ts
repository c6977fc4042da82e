import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { note } from '../../report/index.ts';
import { readManifest } from '../cache/manifest.ts';
import { fileOf } from '../programs/ensure-programs.ts';
import { pinnedDigests } from '../registry/pinned-digests.ts';
import { goWanted } from '../sources/sources.ts';
import { istioImages, images as names } from '../versions.ts';
import { archives } from './ensure-images.ts';
import { type PulledImage, type PullingOptions, pulledImages, pullImages } from './istio-images.ts';

/** Which images local clusters of a mesh run. */
export interface ImageChoice {
  /** `istio`: Istio's own of its registry; `vanilla`: put together here, with the upstream Envoy. */
  readonly proxy: 'istio' | 'vanilla';
  /** In the order in which a node needs them; inside the cache folder. */
  readonly files: readonly string[];
  /** Those of them that are put together here. */
  readonly assembled: readonly string[];
  /** Programs that are in none of them, so that nothing needs them. */
  readonly without: readonly string[];
}

export interface ChoosingOptions extends PullingOptions {
  /** `spec.istio.hub` */
  readonly hub: string;
  /** What must be, where somebody said so. */
  readonly proxy?: 'istio' | 'vanilla' | undefined;
}

const vanilla: ImageChoice = {
  proxy: 'vanilla',
  files: archives.vanilla,
  assembled: archives.vanilla,
  without: [],
};

/** What was chosen before, as the cache shows, or what must be; undefined while nobody knows. Asks no registry. */
export async function knownImages(options: ChoosingOptions): Promise<ImageChoice | undefined> {
  const { hub, proxy } = options;
  if (proxy === 'vanilla') return vanilla;
  const own = await pulledImages(istioImages(hub), options);
  const samples = own && (await knownSamples(options));
  if (own && samples) return istio(own, samples);
  if (proxy === 'istio' || own) return undefined;
  const made = (await manifestOf(options))[archives.vanilla.at(-1) ?? ''] !== undefined;
  return made || goWanted() ? vanilla : undefined;
}

/**
 * Istio's own images where their registry gives them; else the vanilla ones, which is said, unless Istio's must be.
 * Throws DOWNLOAD_FAILED then; CHECKSUM_MISMATCH, DISK_FULL or INTERRUPTED. The caller holds the cache's lock.
 */
export async function chooseImages(options: ChoosingOptions): Promise<ImageChoice> {
  const { hub, proxy, reporter } = options;
  try {
    const own =
      (await pulledImages(istioImages(hub), options)) ?? (await pullImages(istioImages(hub), options));
    note(reporter, { level: 'info', code: 'PROXY_CHOSEN', message: chosen(own), data: { images: own } });
    return istio(own, (await knownSamples(options)) ?? (await chooseSamples(options)));
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
    if (proxy === 'istio') throw asked(error);
    const message = `local clusters run the upstream Envoy, without Istio's own filters and telemetry: ${messageOf(error)}`;
    note(reporter, { level: 'info', code: 'PROXY_CHOSEN', message });
    return vanilla;
  }
}

function chosen(images: readonly PulledImage[]): string {
  const all = images.map(({ name, digest }) => `${name}@${digest}`).join(', ');
  const free = images.filter(({ name }) => pinnedDigests[name] === undefined).map(({ name }) => name);
  const trust = free.length > 0 ? `; no digest of ${free.join(', ')} is pinned: its tag's was believed` : '';
  return `local clusters run Istio's own images: ${all}${trust}`;
}

const asked = (error: IsthmusError) =>
  new IsthmusError('DOWNLOAD_FAILED', `proxy: istio needs Istio's own images: ${messageOf(error)}`, {
    hint: 'check the network and spec.istio.hub; without `proxy: istio` local clusters run the upstream Envoy where the registry cannot be reached',
    cause: error,
  });

const [base = '', samples = ''] = archives.besideIstio;

interface Samples {
  readonly pulled: readonly PulledImage[];
}

async function knownSamples(options: ChoosingOptions): Promise<Samples | undefined> {
  const manifest = await manifestOf(options);
  // Our own small server, where it is built already, saves a download.
  if (manifest[fileOf({ name: 'helloworld' })]) return { pulled: [] };
  const pulled = await pulledImages(names.helloworld, options);
  return pulled && { pulled };
}

async function chooseSamples(options: ChoosingOptions): Promise<Samples> {
  try {
    return { pulled: await pullImages(names.helloworld, options) };
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'DOWNLOAD_FAILED') throw error;
    const message = `${messageOf(error)}; trying: Go build`;
    note(options.reporter, { level: 'warn', code: 'DOWNLOAD_FAILED', message });
    return { pulled: [] };
  }
}

/** Programs that Istio's own images hold, so that nothing needs them where those are used. */
export const inIstioImages: readonly string[] = ['pilot-discovery', 'pilot-agent', 'envoy'];

function istio(own: readonly PulledImage[], { pulled }: Samples): ImageChoice {
  const assembled = pulled.length > 0 ? [base] : [base, samples];
  const without = [...inIstioImages, ...(pulled.length > 0 ? ['helloworld'] : [])];
  const files = [base, ...[...own, ...pulled].map(({ file }) => file), ...assembled.slice(1)];
  return { proxy: 'istio', files, assembled, without };
}

async function manifestOf({ folder }: Pick<ChoosingOptions, 'folder'>) {
  const manifest = await readManifest(folder);
  return manifest === 'corrupt' ? {} : manifest;
}
