import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reporter, span } from '../report/index.ts';
import { orDiskFull } from './disk-space.ts';
import { hostProgram, hostPrograms } from './host-programs.ts';
import { type ImageSpec, writeImageArchive } from './image-archive.ts';
import { baseContents, iptablesContents, proxyContents, withLibraries } from './image-contents.ts';
import { type Layer, type LayerEntry, writeLayer } from './layer.ts';
import { fileState, readManifest, recordFile } from './manifest.ts';
import { images } from './versions.ts';

/** Raise it when what images contain changes, so that cached archives are made again. */
const layout = 3;

/** In the order in which a node needs them: istiod starts while the proxies are still imported. */
const archives = ['images/1-control-plane.tar', 'images/2-data-plane.tar'] as const;

export interface EnsureImagesOptions {
  readonly folder: string;
  readonly reporter: Reporter;
  readonly verify?: boolean | undefined;
}

/** Absolute paths of the image archives, made from the cached programs where they are missing or stale. */
export async function ensureImages(options: EnsureImagesOptions): Promise<string[]> {
  const { folder, reporter } = options;
  if ((await staleArchives(options)).length > 0) {
    await span(reporter, { title: 'toolchain: images' }, async () => {
      try {
        await assemble(folder);
      } catch (error) {
        throw orDiskFull('assembling images', error);
      }
    });
  }
  return archives.map((file) => join(folder, file));
}

export async function staleArchives({ folder, verify }: EnsureImagesOptions): Promise<string[]> {
  const [manifest, inputs] = await Promise.all([readManifest(folder), inputsOf(folder)]);
  const states = await Promise.all(archives.map((file) => fileState(folder, file, manifest[file], verify)));
  return archives.filter((file, at) => states[at] !== 'good' || manifest[file]?.inputs !== inputs);
}

/** Changes when a program of the cache or of the host changes. */
async function inputsOf(folder: string): Promise<string> {
  const own = ['pilot-discovery', 'pilot-agent', 'envoy', 'coredns', 'helloworld'].map((name) =>
    join(folder, 'bin', name),
  );
  const host = (Object.keys(hostPrograms) as (keyof typeof hostPrograms)[]).map(hostProgram);
  const stats = await Promise.all(
    [...own, ...host].map(async (path) => [path, (await stat(path)).size, (await stat(path)).mtimeMs]),
  );
  return createHash('sha256')
    .update(JSON.stringify([layout, images, stats]))
    .digest('hex');
}

async function assemble(folder: string): Promise<void> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const scratch = await mkdtemp(join(folder, 'images', '.layers-'));
  try {
    const inputs = await inputsOf(folder);
    const [control, data] = await imageSpecs(join(folder, 'bin'), scratch);
    for (const [at, specs] of [control, data].entries()) {
      const file = archives[at] ?? archives[0];
      const draft = join(scratch, 'archive.tar');
      await writeImageArchive(draft, specs);
      await rename(draft, join(folder, file));
      await recordFile(folder, file, { source: 'assembled', inputs });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function imageSpecs(bin: string, scratch: string): Promise<[ImageSpec[], ImageSpec[]]> {
  let count = 0;
  const layer = (entries: readonly LayerEntry[]) => writeLayer(join(scratch, `${count++}.tar`), entries);
  const program = (name: string, path: string): LayerEntry => ({ type: 'file', path, from: join(bin, name) });
  const base = await layer(baseContents());
  const on = (top: Layer) => [base, top];
  const pilot = await layer([program('pilot-discovery', 'usr/local/bin/pilot-discovery')]);
  const coredns = await layer([program('coredns', 'coredns')]);
  const helloworld = await layer([program('helloworld', 'usr/local/bin/helloworld')]);
  const curl = await layer(await withLibraries(hostProgram('curl')));
  const tables = await layer(await iptablesContents());
  const envoy = await withLibraries(join(bin, 'envoy'), 'usr/local/bin/envoy');
  const proxy = await layer([
    ...envoy,
    program('pilot-agent', 'usr/local/bin/pilot-agent'),
    ...(await proxyContents()),
  ]);
  return [
    [
      {
        references: [images.pause],
        user: '65535:65535',
        entrypoint: ['/bin/sleep', '2147483647'],
        layers: [base],
      },
      { references: [images.coredns], user: '0', entrypoint: ['/coredns'], layers: on(coredns) },
      {
        references: [images.pilot],
        user: '1337:1337',
        entrypoint: ['/usr/local/bin/pilot-discovery'],
        layers: on(pilot),
      },
    ],
    [
      {
        references: [images.proxy],
        user: '1337:1337',
        entrypoint: ['/usr/local/bin/pilot-agent'],
        layers: [base, tables, proxy],
      },
      { references: [images.curl], user: '0', entrypoint: ['/bin/sh'], layers: on(curl) },
      {
        references: images.helloworld,
        user: '65534:65534',
        entrypoint: ['/usr/local/bin/helloworld'],
        layers: on(helloworld),
      },
    ],
  ];
}
