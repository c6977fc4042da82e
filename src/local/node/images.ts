import { basename, join } from 'node:path';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, run, waitUntil } from '../../process/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { fullDiskOr } from '../host/files.ts';
import { firstProcess } from './first-process.ts';
import { missingImages, record, stamps } from './image-record.ts';
import { snapshotter } from './node-config.ts';
import { containerdSocket } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';
import { nodeEnvironment } from './supervision.ts';

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
  await ctr(plan, args, signal).catch((error: unknown) => {
    throw fullDiskOr(error, plan.paths.dir);
  });
  await record(plan, stamp);
}

/** An import of the largest image takes seconds; a containerd that hangs takes for ever. */
const importMs = 300_000;

/** `ctr` inside the node's namespaces, where the socket is. */
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
