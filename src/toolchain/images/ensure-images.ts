import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { allOf } from '../../process/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import { orDiskFull, requireSpace } from '../cache/disk-space.ts';
import { fileStates } from '../cache/file-state.ts';
import { readManifest, store } from '../cache/manifest.ts';
import { fileOf } from '../programs/ensure-programs.ts';
import { images } from '../versions.ts';
import { type ImageSpec, writeImageArchive } from './image-archive.ts';
import {
  baseSpecs,
  controlPlaneSpecs,
  dataPlaneSpecs,
  imagePrograms,
  type SpecContext,
  sampleSpecs,
} from './image-specs.ts';

/** Raise it when what images contain changes, so that cached archives are made again. */
const layout = 4;

interface Recipe {
  readonly specs: (context: SpecContext) => Promise<ImageSpec[]>;
  /** What its images contain. */
  readonly programs: readonly (typeof imagePrograms)[number][];
}

const recipes: Readonly<Record<string, Recipe>> = {
  'images/1-control-plane.tar': { specs: controlPlaneSpecs, programs: imagePrograms },
  'images/2-data-plane.tar': { specs: dataPlaneSpecs, programs: imagePrograms },
  'images/base.tar': { specs: baseSpecs, programs: ['coredns'] },
  'images/samples.tar': { specs: sampleSpecs, programs: ['helloworld'] },
};

/** Inside a cache folder, in the order in which a node needs them: istiod starts while proxies are imported. */
export const archives = {
  vanilla: ['images/1-control-plane.tar', 'images/2-data-plane.tar'],
  /** Beside Istio's own images; the samples where theirs cannot be had either. */
  besideIstio: ['images/base.tar', 'images/samples.tar'],
} as const;

/** About how large all archives are, and as much again for their layers. */
const bytesNeeded = 800_000_000;

export interface EnsureImagesOptions {
  readonly folder: string;
  /** Which archives. */
  readonly files: readonly string[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly verify?: boolean | undefined;
}

/** Put together, from the cached programs, the image archives that are missing, damaged or stale. */
export async function ensureImages(options: EnsureImagesOptions): Promise<void> {
  const { folder, reporter } = options;
  const stale = await staleArchives(options);
  if (stale.length === 0) return;
  await requireSpace(folder, bytesNeeded);
  await span(reporter, { title: 'toolchain: images' }, async (handle) => {
    for (const [at, file] of stale.entries()) {
      if (options.signal.aborted) throw new IsthmusError('INTERRUPTED', 'interrupted while making images');
      handle.progress({ done: at, total: stale.length, message: file });
      await orDiskFull({ folder, needed: bytesNeeded }, () => assemble(file, options));
    }
  });
}

/** Archives that are not what they would be if made now; damage is said. */
export async function staleArchives(options: EnsureImagesOptions): Promise<string[]> {
  const { folder, files, reporter, verify } = options;
  const wanted = await allOf(files.map(async (file) => ({ file, inputs: await inputsOf(folder, file) })));
  const states = await fileStates(folder, wanted, verify);
  const damaged = files.filter((_, at) => states[at]?.state === 'corrupt');
  if (damaged.length > 0) {
    const message = `cached ${damaged.join(', ')} not as stored; made again`;
    note(reporter, { level: 'warn', code: 'CACHE_CORRUPT', message, data: { folder, files: damaged } });
  }
  return files.filter((_, at) => states[at]?.state !== 'good');
}

/** Changes when a program that images contain, a reference or the layout changes. */
async function inputsOf(folder: string, file: string): Promise<string> {
  const manifest = await readManifest(folder);
  const sums = recipes[file]?.programs.map((name) =>
    manifest === 'corrupt' ? undefined : manifest[fileOf({ name })]?.sha256,
  );
  return createHash('sha256')
    .update(JSON.stringify([layout, images, sums]))
    .digest('hex');
}

async function assemble(file: string, { folder, signal }: EnsureImagesOptions): Promise<void> {
  const drafts = join(folder, 'drafts');
  // Also what a killed run left.
  await rm(drafts, { recursive: true, force: true });
  await allOf([drafts, join(folder, 'images')].map((path) => mkdir(path, { recursive: true })));
  try {
    const specs = await recipes[file]?.specs({ bin: join(folder, 'bin'), scratch: drafts, signal });
    const draft = join(drafts, 'archive.tar');
    await writeImageArchive(draft, specs ?? [], signal);
    await store(folder, draft, { file, source: 'assembled', inputs: await inputsOf(folder, file) });
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}
