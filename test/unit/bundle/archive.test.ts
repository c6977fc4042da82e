import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { Archive } from '../../../src/bundle/index.ts';
import { smallDisk } from '../toolchain/bed.ts';

const about = 'a text';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'));
});

describe('the archive of a bundle', () => {
  it('holds what was added, whole, also by many at once, and is its owner’s alone', async () => {
    const path = join(folder, 'a.tar.gz');
    const archive = await Archive.begin(path);
    const contents = Array.from({ length: 40 }, (_, at) => `${at}: ä\n`.repeat(10_000 + at));
    await Promise.all(contents.map((content, at) => archive.add({ name: `east/${at}.txt`, about, content })));
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^a\.tar\.gz\.\w+\.draft$/)]);
    const bytes = await archive.finish();
    const { size, mode } = await stat(path);
    expect([bytes, mode & 0o777]).toEqual([size, 0o600]);
    const { stdout } = await execa('tar', ['-xzOf', path, 'isthmus-bundle/east/7.txt'], {
      stripFinalNewline: false,
    });
    expect(stdout).toBe(contents[7]);
    const listed = await execa('tar', ['-tzf', path]);
    expect(listed.stdout.split('\n')).toHaveLength(40);
    expect(await readdir(folder)).toEqual(['a.tar.gz']);
  });

  it('leaves nothing behind when it is given up', async () => {
    const archive = await Archive.begin(join(folder, 'a.tar.gz'));
    await archive.add({ name: 'a', about, content: 'a' });
    await archive.discard();
    expect(await readdir(folder)).toEqual([]);
    await expect(archive.add({ name: 'b', about, content: 'b' })).rejects.toThrow();
  });

  it('makes its folder, or says at once why it cannot', async () => {
    await (await Archive.begin(join(folder, 'new', 'a.tar.gz'))).finish();
    expect(await readdir(join(folder, 'new'))).toEqual(['a.tar.gz']);
    await writeFile(join(folder, 'file'), '');
    const refused = Archive.begin(join(folder, 'file', 'a.tar.gz'));
    await expect(refused).rejects.toMatchObject({ code: 'FILE_FAILED' });
  });

  it.runIf(process.getuid?.() === 0)(
    'says of a full disk that it is full, to whoever adds and at its end',
    async () => {
      const disk = await smallDisk();
      const archive = await Archive.begin(join(disk, 'a.tar.gz'));
      const add = () =>
        archive.add({ name: 'noise', about, content: randomBytes(1_000_000).toString('hex') });
      const added = await Promise.allSettled([add(), add(), add()]);
      await expect(add()).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(added.at(-1)).toMatchObject({ reason: { code: 'DISK_FULL' } });
      await expect(archive.finish()).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readdir(disk)).toEqual([]);
    },
  );
});
