import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Toolchain } from '../../toolchain/index.ts';
import { readJson, writeIfChanged } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';
import type { NodeSpec } from './node-spec.ts';

/** What a node has: the stamp of each archive by its path, and by each further name what it was tagged from. */
type Imported = Readonly<Record<string, string>>;

const recordPath = (paths: NodePaths) => join(paths.dir, 'images.json');

/** Size and time of each archive: another build of the same image is another stamp. */
export async function stamps(images: readonly string[]): Promise<[string, string][]> {
  return Promise.all(
    images.map(async (path): Promise<[string, string]> => {
      const { size, mtimeMs } = await stat(path);
      return [path, `${size} ${mtimeMs}`];
    }),
  );
}

/** The record of a node that has everything. */
export async function storeRecord({ images, aliases }: Toolchain): Promise<Imported> {
  return Object.fromEntries([...(await stamps(images)), ...aliases.map(({ from, to }) => [to, from])]);
}

export interface MissingImages {
  /** Paths of archives that the node has not imported in their present form. */
  readonly archives: readonly string[];
  /** Names that it does not have, or has of an image that one of the archives replaces. */
  readonly aliases: Toolchain['aliases'];
}

export async function missingImages({ paths, toolchain }: NodeSpec): Promise<MissingImages> {
  const imported = (await readJson<Imported>(recordPath(paths))) ?? {};
  const wanted = await stamps(toolchain.images);
  const archives = wanted.filter(([path, stamp]) => imported[path] !== stamp).map(([path]) => path);
  const aliases = toolchain.aliases.filter(({ from, to }) => archives.length > 0 || imported[to] !== from);
  return { archives, aliases };
}

/** Note what the node has got. */
export async function record({ paths }: NodeSpec, more: Imported): Promise<void> {
  const imported = (await readJson<Imported>(recordPath(paths))) ?? {};
  await writeIfChanged(recordPath(paths), `${JSON.stringify({ ...imported, ...more }, null, 2)}\n`);
}
