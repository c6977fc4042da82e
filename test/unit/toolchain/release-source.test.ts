import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, expect, it, vi } from 'vitest';
import { releaseSource } from '../../../src/toolchain/sources/release-source.ts';
import { publishers, releaseTable } from '../../../src/toolchain/sources/releases.ts';
import { obtainFrom, programNamed, serverOf, sha256 } from './bed.ts';

afterEach(() => void vi.unstubAllEnvs());

const table = (pins: Record<string, Uint8Array>) =>
  releaseTable(
    Object.fromEntries(
      Object.entries(pins).map(([name, bytes]) => [name, { [process.arch]: sha256(bytes) }]),
    ),
  );

function mirrored(address: string): void {
  for (const { mirror } of Object.values(publishers)) vi.stubEnv(mirror, address);
}

async function obtain(name: string, pins: Record<string, Uint8Array>) {
  const { folder, done } = await obtainFrom(releaseSource(table(pins)), [programNamed(name)]);
  return { folder, target: join(folder, name), done };
}

async function tarball(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

it('takes a plain program from the publisher’s layout', async () => {
  const kubectl = Buffer.from('kubectl of the release');
  const path = releaseTable({})['kubectl']?.path;
  mirrored(await serverOf({ [`/${path}`]: kubectl }));
  const { target, done } = await obtain('kubectl', { kubectl });
  await done;
  expect(await readFile(target, 'utf8')).toBe('kubectl of the release');
  expect((await stat(target)).mode & 0o777).toBe(0o755);
});

it('takes one member of an archive', async () => {
  const release = releaseTable({})['etcd'];
  const archive = await tarball({ 'README.md': 'no', [release?.member ?? '']: 'etcd of the release' });
  mirrored(await serverOf({ [`/${release?.path}`]: archive }));
  const { folder, target, done } = await obtain('etcd', { etcd: archive });
  await done;
  expect(await readFile(target, 'utf8')).toBe('etcd of the release');
  expect(await readdir(folder)).toEqual(['etcd']);
});

it('refuses a download that is not the pinned one and keeps nothing of it', async () => {
  const path = releaseTable({})['kubectl']?.path;
  mirrored(await serverOf({ [`/${path}`]: Buffer.from('something else') }));
  const { folder, done } = await obtain('kubectl', { kubectl: Buffer.from('kubectl') });
  await expect(done).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringContaining(sha256('something else')),
  });
  expect(await readdir(folder)).toEqual([]);
});

it('says what to do when the registry is dead', async () => {
  mirrored('http://127.0.0.1:1');
  const { done } = await obtain('kubectl', { kubectl: Buffer.from('kubectl') });
  await expect(done).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('http://127.0.0.1:1/release/'),
    hint: expect.stringContaining('mirror'),
  });
});

it('asks a publisher that cannot be reached once, and one that answers again', async () => {
  const pins = {
    kubectl: Buffer.from('kubectl'),
    kubelet: Buffer.from('kubelet'),
    etcd: Buffer.from('etcd'),
  };
  vi.stubEnv(publishers.kubernetes.mirror, 'http://127.0.0.1:1');
  vi.stubEnv(publishers.github.mirror, await serverOf({}));
  const source = releaseSource(table(pins));
  const failed = { code: 'DOWNLOAD_FAILED' };
  const first = await obtainFrom(source, [programNamed('kubectl')]);
  await expect(first.done).rejects.toMatchObject(failed);
  expect(source.offers(programNamed('kubelet'))).toBe(false);
  const second = await obtainFrom(source, [programNamed('etcd')]);
  await expect(second.done).rejects.toMatchObject(failed);
  expect(source.offers(programNamed('etcd'))).toBe(true);
});

it('says which status an unwilling registry answered', async () => {
  mirrored(await serverOf({}));
  const { done } = await obtain('kubectl', { kubectl: Buffer.from('kubectl') });
  await expect(done).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('404'),
  });
});

const archiveOf = (name: string) => releaseTable({})[name]?.path ?? '';
const containerds = ['containerd', 'ctr', 'containerd-shim-runc-v2'];

it('takes what has no pin by the checksum that its publisher states, and all of one archive in one download', async () => {
  const archive = await tarball(Object.fromEntries(containerds.map((name) => [`bin/${name}`, name])));
  const files = {
    [`/${archiveOf('containerd')}`]: archive,
    [`/${archiveOf('containerd')}.sha256sum`]: Buffer.from(`${sha256(archive)}  containerd.tar.gz\n`),
  };
  const address = await serverOf(files);
  mirrored(address);
  const source = releaseSource(table({}));
  const batches = containerds.map((name) => source.batchOf?.(programNamed(name)));
  expect(new Set(batches).size).toBe(1);
  const { folder, done } = await obtainFrom(source, containerds.map(programNamed));
  await done;
  const written = await Promise.all(containerds.map((name) => readFile(join(folder, name), 'utf8')));
  expect(written).toEqual(containerds);
  expect(source.caveat?.(containerds.map(programNamed))).toContain(
    `containerd, ctr, containerd-shim-runc-v2 is pinned: the one that stands beside each was believed, which trusts the TLS of ${address.slice(7)}`,
  );
  expect(releaseSource(table({ kubectl: archive })).caveat?.([programNamed('kubectl')])).toBeUndefined();
});

it('refuses what is not the file whose checksum its publisher states', async () => {
  const path = archiveOf('istioctl');
  const files = { [`/${path}`]: Buffer.from('other'), [`/${path}.sha256`]: Buffer.from('0'.repeat(64)) };
  mirrored(await serverOf(files));
  const { folder, done } = await obtain('istioctl', {});
  await expect(done).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringMatching(/stated beside it is 0{64}$/),
  });
  expect(await readdir(folder)).toEqual([]);
});

it('takes nothing whose checksum nobody states, and says so', async () => {
  mirrored(await serverOf({ [`/${archiveOf('istioctl')}`]: Buffer.from('istioctl') }));
  const { done } = await obtain('istioctl', {});
  await expect(done).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('states no checksum'),
  });
});

it('believes no checksum that whoever is on the way may have written', () => {
  mirrored('http://mirror.example.com');
  const source = releaseSource(table({ kubectl: Buffer.from('kubectl') }));
  expect(source.offers(programNamed('kubectl'))).toBe(true);
  expect(source.offers(programNamed('kubelet'))).toBe(false);
});
