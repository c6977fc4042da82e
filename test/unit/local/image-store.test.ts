import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeAddressing } from '../../../src/local/addresses/addressing.ts';
import { isOverlay } from '../../../src/local/host/machine.ts';
import { meshPaths, nodePaths } from '../../../src/local/host/paths.ts';
import { missingImages } from '../../../src/local/node/image-record.ts';
import { linkImages } from '../../../src/local/node/image-store.ts';
import type { NodeSpec } from '../../../src/local/node/node-spec.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { cidrOf } from '../../../src/topology/index.ts';
import { internalGateways } from '../../fakes/gateways.ts';

/** Writes what containerd writes: a blob by its digest, a layer, a database and what is its own alone. */
const containerd = `#!/bin/sh
trap 'exit 0' TERM
root=$(sed -n 's/^root = "\\(.*\\)"/\\1/p' "$2")
mkdir -p $root/io.containerd.content.v1.content/blobs $root/io.containerd.metadata.v1.bolt $root/io.containerd.grpc.v1.introspection
for kind in overlayfs native; do
  mkdir -p $root/io.containerd.snapshotter.v1.$kind/snapshots/1/fs
  echo layer >$root/io.containerd.snapshotter.v1.$kind/snapshots/1/fs/program
done
echo blob >$root/io.containerd.content.v1.content/blobs/1
echo database >$root/io.containerd.metadata.v1.bolt/meta.db
echo mine >$root/io.containerd.grpc.v1.introspection/uuid
touch $(dirname "$2")/../made-$$-$(date +%N)
touch /run/containerd.sock
while :; do sleep 0.05; done
`;

const answersOnce = '#!/bin/sh\n[ "$3" != version ] || exec test -e /run/containerd.sock\n';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-store-'));
  await mkdir(join(root, 'cache/bin'), { recursive: true });
  await program('containerd', containerd);
  await program('ctr', `${answersOnce}echo "$@" >>${root}/asked\n`);
  await writeFile(join(root, 'cache/one.tar'), 'one');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(root, 'cache/bin', name), script);
  await chmod(join(root, 'cache/bin', name), 0o755);
}

async function nodeOf(name: string, more: Partial<NodeSpec['machine']> = {}): Promise<NodeSpec> {
  const spec: NodeSpec['spec'] = {
    provider: 'local',
    name,
    network: 'network1',
    index: 0,
    cidr: cidrOf('10.1.0.0/16'),
    ipFamily: 'ipv4',
    gatewayFamilies: ['ipv4'],
    gateways: internalGateways,
  };
  const paths = nodePaths(meshPaths('demo', root), name);
  await mkdir(paths.dir, { recursive: true });
  const aliases = [{ from: 'docker.io/istio/pilot:1', to: 'example.org/pilot:1' }];
  const images = [join(root, 'cache/one.tar')];
  return {
    paths,
    spec,
    at: nodeAddressing(0, 1, spec),
    toolchain: { bin: join(root, 'cache/bin'), images, aliases, proxy: 'vanilla' },
    cgroups: { version: 'v2', hierarchies: [] },
    machine: { nameservers: [], mayLowerOomScore: true, overlayRunDir: await isOverlay(root), ...more },
    extraApiServerArgs: [],
  };
}

const link = (plan: NodeSpec) => linkImages(plan, silentReporter, new AbortController().signal);
const at = (plan: NodeSpec, ...path: string[]) => join(plan.paths.dir, 'containerd', ...path);
const inode = async (path: string) => (await stat(path)).ino;
const blob = ['io.containerd.content.v1.content', 'blobs', '1'];
const database = ['io.containerd.metadata.v1.bolt', 'meta.db'];
const stores = async () =>
  (await readdir(join(root, 'cache/image-stores'))).filter((name) => !/^(lock|made-)/.test(name));
const makings = async () =>
  (await readdir(join(root, 'cache/image-stores'))).filter((name) => name.startsWith('made-')).length;

describe.skipIf(process.getuid?.() !== 0)('images of local clusters', () => {
  it('are unpacked once and are the same files in each, but databases', async () => {
    const [one, two] = [await nodeOf('one'), await nodeOf('two')];
    await Promise.all([link(one), link(two)]);
    expect(await makings()).toBe(1);
    expect(await inode(at(one, ...blob))).toBe(await inode(at(two, ...blob)));
    expect(await inode(at(one, ...database))).not.toBe(await inode(at(two, ...database)));
    expect(await readFile(at(two, ...database), 'utf8')).toBe('database\n');
    const asked = await readFile(join(root, 'asked'), 'utf8');
    expect(asked).toContain(`import --local --snapshotter`);
    expect(asked).toContain('tag --force docker.io/istio/pilot:1 example.org/pilot:1');
  });

  it('leave nothing to be imported, and nothing that names the machine on which they were unpacked', async () => {
    const plan = await nodeOf('one');
    await link(plan);
    expect(await missingImages(plan)).toEqual({ archives: [], aliases: [] });
    expect((await readdir(at(plan))).some((name) => name.includes('introspection'))).toBe(false);
  });

  it('stay as they are in a node that has some', async () => {
    const plan = await nodeOf('one');
    await mkdir(at(plan), { recursive: true });
    await link(plan);
    expect(await readdir(at(plan))).toEqual([]);
    expect(await missingImages(plan)).toMatchObject({ archives: plan.toolchain.images });
  });

  it('are imported one by one where no overlay can be made of what the cache has', async () => {
    const overlay = await isOverlay(root);
    const plan = await nodeOf('one', { overlayRunDir: !overlay });
    await link(plan);
    await expect(stat(at(plan))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are unpacked anew from another archive, and what nobody can use any more goes', async () => {
    await link(await nodeOf('one'));
    const [before] = await stores();
    await mkdir(join(root, 'cache/image-stores/draft-of-a-killed-run/root'), { recursive: true });
    await utimes(join(root, 'cache/one.tar'), 1, 1);
    const two = await nodeOf('two');
    await link(two);
    const after = await stores();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual([before]);
    expect(await makings()).toBe(2);
  });

  it('end with what containerd said when it does not start', async () => {
    await program('containerd', '#!/bin/sh\necho "no such plugin"\nexit 3\n');
    await program('ctr', '#!/bin/sh\nexit 1\n');
    await expect(link(await nodeOf('one'))).rejects.toThrow('no such plugin');
    expect((await stores()).filter((name) => !name.startsWith('draft-'))).toEqual([]);
  });

  it('say that the disk is full, and where', async () => {
    await program('ctr', `${answersOnce}echo "write: no space left on device" >&2\nexit 1\n`);
    await expect(link(await nodeOf('one'))).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});
