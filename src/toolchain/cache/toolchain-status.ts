import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inIstioImages } from '../images/choose-images.ts';
import { archives } from '../images/ensure-images.ts';
import { fileOf } from '../programs/ensure-programs.ts';
import { type Program, programs } from '../programs/programs.ts';
import { defaultSources } from '../sources/sources.ts';
import { versions } from '../versions.ts';
import { type CachedFile, fileStates } from './file-state.ts';
import { toolchainFolder } from './folders.ts';
import { readManifest } from './manifest.ts';

/** One line of `isthmus toolchain`. */
export interface ToolchainStatusRow {
  readonly name: string;
  readonly version: string;
  /** Where it came from, or would come from. */
  readonly source: string;
  readonly cached: boolean;
  /** Not what was stored; it was removed, so that the next run makes it again. */
  readonly corrupt: boolean;
  /** Size in the cache; 0 if it is not there. */
  readonly bytes: number;
  readonly path: string;
}

/** What is cached and from where, and what is missing of what is needed; `verify` compares every file with its checksum, which takes seconds. */
export async function toolchainStatus(options: { verify?: boolean } = {}): Promise<ToolchainStatusRow[]> {
  const folder = toolchainFolder();
  const images = await imageLines(folder);
  const wanted = [...programs.map(programLine), ...images];
  const found = await fileStates(folder, wanted, options.verify);
  const rows = wanted.map((line, at) => row(folder, line, found[at]));
  const corrupt = rows.filter((one) => one.corrupt);
  await Promise.all(corrupt.map(({ path }) => rm(path, { force: true })));
  const without = programsWithout(images);
  return rows.filter((one) => one.cached || one.corrupt || !without.includes(one.name));
}

/** Programs that nothing lacks, as the images that are cached were pulled with them inside. */
function programsWithout(images: readonly Line[]): readonly string[] {
  const has = (what: RegExp) => images.some(({ source }) => what.test(source));
  const isVanilla = images.some(({ file }) => archives.vanilla.some((one) => one === file));
  if (isVanilla || !has(/\/pilot:/) || !has(/\/proxyv2:/)) return [];
  return [...inIstioImages, ...(has(/\/examples-helloworld-v\d:/) ? ['helloworld'] : [])];
}

interface Line {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly source: string;
}

const sourceOf = (program: Program) => defaultSources().find((one) => one.offers(program))?.name ?? 'none';

const programLine = (program: Program): Line => ({
  name: program.name,
  version: program.version,
  file: fileOf(program),
  source: sourceOf(program),
});

/** What images the cache has, or would have if none could be pulled. */
async function imageLines(folder: string): Promise<Line[]> {
  const manifest = await readManifest(folder);
  const entries = manifest === 'corrupt' ? [] : Object.entries(manifest);
  const found = entries.filter(([file]) => file.startsWith('images/'));
  const lines = found.map(([file, { source }]) => imageLine(file, source));
  return lines.length > 0 ? lines : archives.vanilla.map((file) => imageLine(file, 'assembled'));
}

const imageLine = (file: string, source: string): Line => ({
  name: file,
  version: /:([^:@]+)@/.exec(source)?.[1] ?? versions.istio,
  file,
  source,
});

function row(folder: string, line: Line, found: CachedFile | undefined): ToolchainStatusRow {
  // Whether the inputs of a stale file matter is for the next run to say.
  const cached = found?.state === 'good' || found?.state === 'stale';
  const corrupt = found?.state === 'corrupt';
  const entry = cached ? found?.entry : undefined;
  return {
    name: line.name,
    version: line.version,
    source: corrupt ? `corrupt and removed; next: ${line.source}` : (entry?.source ?? line.source),
    cached,
    corrupt,
    bytes: entry?.bytes ?? 0,
    path: join(folder, line.file),
  };
}
