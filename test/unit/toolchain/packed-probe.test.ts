import { copyFile, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isPacked, packedProbe, packProbes } from '../../../src/toolchain/probe/packed-probe.ts';

let folder = '';
const amd64 = Buffer.alloc(100_000, 'a program');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-'));
  await packProbes(new Map([['amd64', amd64]]), folder);
});

describe('packed request probes', () => {
  it('come out as they went in, for the architectures that there are', async () => {
    expect(await readdir(folder)).toEqual(['manifest.json', 'probe-amd64.gz']);
    expect(await packedProbe('amd64', folder)).toEqual(amd64);
    expect(await packedProbe('s390x', folder)).toBeUndefined();
    expect(await isPacked(['amd64'], folder)).toBe(true);
    expect(await isPacked(['amd64', 'arm64'], folder)).toBe(false);
  });

  it('are refused when they are not what was packed', async () => {
    const other = await mkdtemp(join(tmpdir(), 'packed-'));
    await packProbes(new Map([['amd64', Buffer.from('another program')]]), other);
    await copyFile(join(other, 'probe-amd64.gz'), join(folder, 'probe-amd64.gz'));
    await expect(packedProbe('amd64', folder)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await writeFile(join(folder, 'probe-amd64.gz'), 'no gzip');
    await expect(packedProbe('amd64', folder)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  });

  it('of another version of the source are not taken', async () => {
    await writeFile(
      join(folder, 'manifest.json'),
      JSON.stringify({ source: 'older', sha256: { amd64: 'x' } }),
    );
    expect(await packedProbe('amd64', folder)).toBeUndefined();
    expect(await isPacked(['amd64'], folder)).toBe(false);
  });

  it('are no error where nothing is packed', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'packed-'));
    expect(await packedProbe('amd64', empty)).toBeUndefined();
  });
});
