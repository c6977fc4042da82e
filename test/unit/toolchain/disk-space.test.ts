import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/process/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { orDiskFull } from '../../../src/toolchain/cache/disk-space.ts';
import { writeLayer } from '../../../src/toolchain/images/layer.ts';
import { ensurePrograms } from '../../../src/toolchain/programs/ensure-programs.ts';
import type { Program } from '../../../src/toolchain/programs/programs.ts';
import { countingSource, programNamed, smallDisk } from './bed.ts';

const signal = new AbortController().signal;
const full = {
  code: 'DISK_FULL',
  message: expect.stringMatching(/ \d+ bytes free and (about )?\d+ are needed$/),
};

describe.skipIf(process.getuid?.() !== 0)('a full disk', () => {
  it('is seen before anything is made', async () => {
    const folder = await smallDisk();
    const { source, made } = countingSource();
    const options = { folder, programs: [programNamed('etcd')], sources: [source] };
    await expect(ensurePrograms({ ...options, reporter: silentReporter, signal })).rejects.toMatchObject(
      full,
    );
    expect(made).toEqual([]);
  });

  it('ends a write with what is left', async () => {
    const folder = await smallDisk();
    const write = () => writeFile(join(folder, 'draft'), Buffer.alloc(2_000_000));
    await expect(orDiskFull({ folder, needed: 5 }, write)).rejects.toMatchObject(full);
  });

  it('that fills up meanwhile keeps what was finished and no part of the rest', async () => {
    const folder = await smallDisk(300);
    const sizes: Record<string, number> = { etcd: 1, kubectl: 400_000_000 };
    const { source } = countingSource((name) => Promise.resolve(Buffer.alloc(sizes[name] ?? 0)));
    const small = (name: string): Program => ({ ...programNamed(name), megabytes: 0 });
    const options = { folder, programs: ['etcd', 'kubectl'].map(small), sources: [source] };
    await expect(ensurePrograms({ ...options, reporter: silentReporter, signal })).rejects.toMatchObject(
      full,
    );
    expect(await readdir(folder)).toEqual(['bin', 'manifest.json']);
    expect(await readdir(join(folder, 'bin'))).toEqual(['etcd']);
  });

  it('ends a program that ran into it', async () => {
    const folder = await smallDisk();
    const copy = async () =>
      void (await run('dd', ['if=/dev/zero', `of=${folder}/draft`, 'bs=2M', 'count=1']));
    await expect(orDiskFull({ folder, needed: 5 }, copy)).rejects.toMatchObject(full);
  });

  it('ends an image layer', async () => {
    const folder = await smallDisk();
    const text = 'x'.repeat(2_000_000);
    const write = () =>
      writeLayer(join(folder, 'layer.tar'), [{ type: 'text', path: 'etc/x', text }], signal);
    await expect(orDiskFull({ folder, needed: 5 }, write)).rejects.toMatchObject(full);
  });
});
