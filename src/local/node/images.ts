import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, run, waitUntil } from '../../process/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import type { Toolchain } from '../../toolchain/index.ts';
import { localFileError, readJson, writeIfChanged } from '../host/files.ts';
import type { NodePaths } from '../host/paths.ts';
import { firstProcess } from './first-process.ts';
import { snapshotter } from './node-config.ts';
import { containerdSocket } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';
import { nodeEnvironment } from './supervision.ts';

type Imported = Record<string, string>;

const recordPath = (paths: NodePaths) => join(paths.dir, 'images.json');

/** Size and time of each archive: another build of the same image is another stamp. */
async function stamps(images: readonly string[]): Promise<[string, string][]> {
  return Promise.all(
    images.map(async (path): Promise<[string, string]> => {
      const { size, mtimeMs } = await stat(path);
      return [path, `${size} ${mtimeMs}`];
    }),
  );
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

/** Import what is missing into the node's containerd; each archive is recorded when it is in. */
export async function importImages(plan: NodeSpec, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const { archives, aliases } = await missingImages(plan);
  if (archives.length + aliases.length === 0) return;
  const cluster = plan.paths.cluster;
  await span(reporter, { title: 'images', cluster }, async (handle) => {
    await waitForContainerd(plan, signal);
    for (const [done, path] of archives.entries()) {
      handle.progress({ message: basename(path), done, total: archives.length });
      await importOne(plan, path, signal);
    }
    for (const { from, to } of aliases) {
      await ctr(plan, ['-n', 'k8s.io', 'images', 'tag', '--force', from, to], signal);
      await record(plan, { [to]: from });
    }
  });
}

async function importOne(plan: NodeSpec, path: string, signal: AbortSignal): Promise<void> {
  const stamp = Object.fromEntries(await stamps([path]));
  const args = ['-n', 'k8s.io', 'images', 'import', '--local', '--snapshotter', snapshotter(plan), path];
  try {
    await ctr(plan, args, signal);
  } catch (error) {
    if (/no space left/.test(messageOf(error)))
      throw localFileError(Object.assign(new Error(messageOf(error)), { code: 'ENOSPC' }), plan.paths.dir);
    throw error;
  }
  await record(plan, stamp);
}

async function record({ paths }: NodeSpec, more: Imported): Promise<void> {
  const imported = (await readJson<Imported>(recordPath(paths))) ?? {};
  await writeIfChanged(recordPath(paths), `${JSON.stringify({ ...imported, ...more }, null, 2)}\n`);
}

/** `ctr` inside the node's namespaces, where the socket is. */
/** An import of the largest image takes seconds; a containerd that hangs takes for ever. */
const importMs = 300_000;

async function ctr({ paths, toolchain }: NodeSpec, args: readonly string[], signal: AbortSignal) {
  const first = await firstProcess(paths);
  if (!first) throw new IsthmusError('NODE_FAILED', `node ${paths.cluster} ended while it was being set up`);
  const enter = ['--target', String(first.pid), '--mount', '--net', '--pid'];
  const command = [join(toolchain.bin, 'ctr'), '--address', containerdSocket, ...args];
  const env = nodeEnvironment(toolchain.bin);
  return run('nsenter', [...enter, ...command], { signal, env, timeoutMs: importMs });
}

async function waitForContainerd(plan: NodeSpec, signal: AbortSignal): Promise<void> {
  const what = `containerd of ${plan.paths.cluster}`;
  await waitUntil({ what, timeoutMs: 60_000, delayMs: 50, maxDelayMs: 300, signal }, async () => {
    try {
      await ctr(plan, ['version'], signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new NotReady(messageOf(error).split('\n').at(-1));
    }
  });
}
