import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, shellWord } from '../../process/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { entriesOf, exists, fullDiskOr, readJson, writeIfChanged } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { isOverlay } from '../host/machine.ts';
import { record, stamps, storeRecord } from './image-record.ts';
import { snapshotter } from './node-config.ts';
import { containerdSocket } from './node-processes.ts';
import type { NodeSpec } from './node-spec.ts';
import { nodeEnvironment } from './supervision.ts';

/**
 * Images unpacked once for all clusters of this machine, beside the archives that they come from. What is in
 * containerd's folders is never changed in place (blobs by their digest; layers lie below every container's
 * own), so a node gets them as hard links, and all nodes share their place on disk and in memory.
 */
interface ImageStore {
  readonly folder: string;
  /** Names its content: of which archives, under which names, for which snapshotter. */
  readonly key: string;
}

const recordName = 'archives.json';

/** As long as an import into a node may take, for every archive. */
const makingMs = 300_000;

const containerdOf = (plan: NodeSpec): string => join(plan.paths.dir, 'containerd');

/**
 * Give a node that has never run its images. Does nothing where it has some, or where the cache lies on
 * another kind of file system than the node: then they are imported one by one. Throws what a full disk,
 * a missing archive or an interruption throws.
 */
export async function linkImages(plan: NodeSpec, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const { toolchain, machine } = plan;
  if (toolchain.images.length === 0 || (await exists(containerdOf(plan)))) return;
  const folder = join(dirname(toolchain.bin), 'image-stores');
  if ((await isOverlay(folder)) !== machine.overlayRunDir) return;
  const store = { folder, key: await storeKey(plan) };
  await withLock(
    join(folder, 'lock'),
    async () => {
      if (!(await exists(join(folder, store.key)))) await make(plan, store, { reporter, signal });
      await copyInto(plan, store, signal);
    },
    { signal, timeoutSeconds: makingMs / 1000 },
  );
  await record(plan, await storeRecord(toolchain));
}

async function storeKey(plan: NodeSpec): Promise<string> {
  const content = [await storeRecord(plan.toolchain), snapshotter(plan)];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

interface Making {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** By a containerd of its own, which ends before anybody copies what it wrote. */
async function make(plan: NodeSpec, store: ImageStore, { reporter, signal }: Making): Promise<void> {
  await removeOthers(store);
  const draft = await mkdtemp(join(store.folder, 'draft-'));
  await span(reporter, { title: 'images, once for all clusters' }, async () => {
    await writeIfChanged(join(draft, 'containerd.toml'), configOf(draft));
    await writeIfChanged(join(draft, 'make'), scriptOf(plan, draft), 0o700);
    // Nothing of it outlives this process, nor each other.
    const apart = ['--mount', '--pid', '--fork', '--mount-proc', '--propagation', 'private', '--kill-child'];
    const command = ['--pdeathsig', 'KILL', '--', 'unshare', ...apart, join(draft, 'make')];
    const env = nodeEnvironment(plan.toolchain.bin);
    await run('setpriv', command, { signal, env, timeoutMs: makingMs }).catch((error: unknown) => {
      throw fullDiskOr(error, store.folder);
    });
    await writeIfChanged(join(draft, recordName), JSON.stringify(await stamps(plan.toolchain.images)));
    await rename(draft, join(store.folder, store.key));
  });
}

const configOf = (draft: string): string => `version = 3
root = "${join(draft, 'root')}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
[grpc]
  address = "${containerdSocket}"
[ttrpc]
  address = "${containerdSocket}.ttrpc"
`;

function scriptOf(plan: NodeSpec, draft: string): string {
  const { images, aliases } = plan.toolchain;
  const ctr = `ctr --address ${containerdSocket} -n k8s.io images`;
  const imports = images.map(
    (path) => `${ctr} import --local --snapshotter ${snapshotter(plan)} ${shellWord(path)} >/dev/null`,
  );
  const tags = aliases.map(({ from, to }) => `${ctr} tag --force ${shellWord(from)} ${shellWord(to)}`);
  return `#!/bin/sh
set -eu
mount -t tmpfs -o mode=755 tmpfs /run
containerd --config ${shellWord(join(draft, 'containerd.toml'))} >${shellWord(join(draft, 'log'))} 2>&1 &
until ctr --address ${containerdSocket} version >/dev/null 2>&1; do
  kill -0 $! || { tail -n 5 ${shellWord(join(draft, 'log'))} >&2; exit 1; }
  sleep 0.05
done
${[...imports, ...tags].join('\n')}
kill -TERM $!
wait $!
`;
}

/** What a making that was cut short left, and stores of archives that are there no more. Under the lock. */
async function removeOthers({ folder }: ImageStore): Promise<void> {
  for (const entry of (await entriesOf(folder)).filter((one) => one.isDirectory())) {
    const path = join(folder, entry.name);
    const of = await readJson<[string, string][]>(join(path, recordName));
    if (!of || !(await areCurrent(of))) await rm(path, { recursive: true, force: true });
  }
}

async function areCurrent(of: readonly (readonly [string, string])[]): Promise<boolean> {
  const paths = of.map(([path]) => path);
  if (!(await Promise.all(paths.map(exists))).every(Boolean)) return false;
  return JSON.stringify(await stamps(paths)) === JSON.stringify(of);
}

/** What containerd needs of another's folder; it makes the rest itself. */
const parts = (plan: NodeSpec) => [
  'io.containerd.content.v1.content',
  'io.containerd.metadata.v1.bolt',
  `io.containerd.snapshotter.v1.${snapshotter(plan)}`,
];

/** In one step, so that a node has all of it or nothing. */
async function copyInto(plan: NodeSpec, { folder, key }: ImageStore, signal: AbortSignal): Promise<void> {
  const draft = `${containerdOf(plan)}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const from = join(folder, key, 'root');
  for (const part of parts(plan)) {
    await linkOrCopy(join(from, part), join(draft, part), signal);
    await unlinkDatabases(join(from, part), join(draft, part));
  }
  await rename(draft, containerdOf(plan));
}

async function linkOrCopy(from: string, to: string, signal: AbortSignal): Promise<void> {
  const linked = await run('cp', ['-al', from, to], { signal, allowFailure: true });
  if (linked.exitCode === 0) return;
  // Another file system, or one without hard links.
  await rm(to, { recursive: true, force: true });
  await run('cp', ['-a', '--reflink=auto', from, to], { signal }).catch((error: unknown) => {
    throw fullDiskOr(error, dirname(to));
  });
}

/** Databases lie directly in a part's folder and are written in place, so that each node needs its own. */
async function unlinkDatabases(from: string, to: string): Promise<void> {
  const files = (await readdir(from, { withFileTypes: true })).filter((entry) => entry.isFile());
  for (const { name } of files) {
    await rm(join(to, name));
    await copyFile(join(from, name), join(to, name));
  }
}
