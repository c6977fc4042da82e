import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { programs } from '../../../src/toolchain/programs/programs.ts';
import { goSource } from '../../../src/toolchain/sources/go-source.ts';
import { inPlaceOf, smallDisk, temporaryFolder } from './bed.ts';

// The real Go, only on ways that end within a second.
afterEach(() => void vi.unstubAllEnvs());

async function build(name: string, folder: string): Promise<void> {
  const signal = new AbortController().signal;
  const wanted = programs.filter((program) => program.name === name);
  await goSource.obtain({ programs: wanted, folder, signal, onProgress: () => {} });
}

it.each([
  ['http://127.0.0.1:1', '127.0.0.1:1'],
  ['off', 'GOPROXY=off'],
])('says that modules cannot be fetched from %s', async (proxy, named) => {
  const folder = await temporaryFolder();
  vi.stubEnv('GOPROXY', proxy);
  vi.stubEnv('GOMODCACHE', join(folder, 'modules'));
  await expect(build('etcd', folder)).rejects.toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining(named),
    hint: expect.stringContaining('GOPROXY'),
  });
});

describe.skipIf(process.getuid?.() !== 0)('a full disk', () => {
  it.each(['GOCACHE', 'GOTMPDIR'])('below %s', async (variable) => {
    const disk = await smallDisk();
    const place = join(disk, 'go');
    await mkdir(place);
    vi.stubEnv(variable, place);
    const folder = await temporaryFolder();
    await expect(build('helloworld', folder)).rejects.toMatchObject({
      code: 'DISK_FULL',
      hint: expect.stringContaining(variable),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is seen although Go only says that its library has gone', async () => {
    const disk = await smallDisk();
    await inPlaceOf(
      'go',
      `[ "$1" = env ] && echo ${disk}/not/there && exit; echo 'mime is not in std' >&2; exit 1`,
    );
    await expect(build('helloworld', disk)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(`${disk}/not/there has no space left`),
    });
  });
});
