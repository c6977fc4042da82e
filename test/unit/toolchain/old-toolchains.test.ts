import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { toolchainFolder } from '../../../src/toolchain/cache/folders.ts';
import { store } from '../../../src/toolchain/cache/manifest.ts';
import { removeOldToolchains, toolchainStatus } from '../../../src/toolchain/index.ts';
import { temporaryFolder } from './bed.ts';

afterEach(() => void vi.unstubAllEnvs());

/** An empty cache of this test's own. */
async function emptyCache(): Promise<string> {
  const root = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', root);
  return join(root, 'isthmus', 'toolchain');
}

async function oldToolchain(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'used'), '');
  const longAgo = new Date('2020-01-01T00:00:00Z');
  await utimes(join(folder, 'used'), longAgo, longAgo);
}

it('removes what was not used for long, except the current one and what still runs', async () => {
  const root = await emptyCache();
  for (const name of ['old', 'busy']) await oldToolchain(join(root, name));
  await oldToolchain(toolchainFolder());
  await mkdir(join(root, 'fresh'));
  await copyFile('/bin/sleep', join(root, 'busy/bin/etcd'));
  const etcd = spawn(join(root, 'busy/bin/etcd'), ['60'], { stdio: 'ignore' });
  onTestFinished(() => void etcd.kill('SIGKILL'));
  expect(await removeOldToolchains({ days: 30 })).toEqual([join(root, 'old')]);
  const current = toolchainFolder().slice(root.length + 1);
  expect((await readdir(root)).sort()).toEqual(['busy', 'fresh', current].sort());
});

it('shows what is cached and takes a corrupt file away when it verifies', async () => {
  await emptyCache();
  const folder = toolchainFolder();
  await mkdir(join(folder, 'bin'), { recursive: true });
  for (const name of ['etcd', 'kubectl']) {
    await writeFile(join(folder, 'draft'), name);
    await store(folder, join(folder, 'draft'), { file: `bin/${name}`, source: 'Go build' });
  }
  const { mtime } = await stat(join(folder, 'bin/etcd'));
  await writeFile(join(folder, 'bin/etcd'), 'etcD');
  await utimes(join(folder, 'bin/etcd'), mtime, mtime);
  const rows = await toolchainStatus({ verify: true });
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row('kubectl')).toMatchObject({ cached: true, corrupt: false, bytes: 7, source: 'Go build' });
  expect(row('etcd')).toMatchObject({ cached: false, corrupt: true, bytes: 0 });
  expect(row('envoy')).toMatchObject({ cached: false, corrupt: false, source: 'Python wheel' });
  expect(await readdir(join(folder, 'bin'))).toEqual(['kubectl']);
});

it('misses no program that pulled images hold', async () => {
  await emptyCache();
  const folder = toolchainFolder();
  const names = async () => (await toolchainStatus()).map(({ name }) => name);
  expect(await names()).toEqual(expect.arrayContaining(['etcd', 'pilot-discovery', 'envoy', 'helloworld']));
  await mkdir(join(folder, 'images'), { recursive: true });
  const pull = async (image: string) => {
    await writeFile(join(folder, 'draft'), image);
    const source = `registry.test/istio/${image}:1.0@sha256:0123`;
    await store(folder, join(folder, 'draft'), { file: `images/${image}.tar`, source });
  };
  for (const image of ['pilot', 'proxyv2']) await pull(image);
  expect(await names()).toEqual(expect.arrayContaining(['etcd', 'helloworld', 'images/pilot.tar']));
  for (const image of ['examples-helloworld-v1', 'examples-helloworld-v2']) await pull(image);
  for (const name of ['pilot-discovery', 'pilot-agent', 'envoy', 'helloworld'])
    expect(await names()).not.toContain(name);
});
