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

it('does not offer what has no pin', () => {
  const source = releaseSource(table({ kubectl: Buffer.from('kubectl') }));
  expect(source.offers(programNamed('kubectl'))).toBe(true);
  expect(source.offers(programNamed('kubelet'))).toBe(false);
});
