import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { expect, it } from 'vitest';
import { writeImageArchive } from '../../../src/toolchain/images/image-archive.ts';
import { type LayerEntry, writeLayer } from '../../../src/toolchain/images/layer.ts';
import { sha256, temporaryFolder } from './bed.ts';

const never = new AbortController().signal;

async function unpack(path: string): Promise<Map<string, { header: Header; body: Buffer }>> {
  const entries = extract();
  entries.end(await readFile(path));
  const found = new Map<string, { header: Header; body: Buffer }>();
  for await (const entry of entries) {
    if (found.has(entry.header.name)) throw new Error(`${entry.header.name} twice`);
    found.set(entry.header.name, { header: entry.header, body: await buffer(entry) });
  }
  return found;
}

async function layers() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'program'), 'program');
  const base: LayerEntry[] = [
    { type: 'link', path: 'bin/sh', to: 'busybox' },
    { type: 'folder', path: 'tmp', mode: 0o1777 },
  ];
  const top: LayerEntry[] = [{ type: 'file', path: 'usr/local/bin/program', from: join(folder, 'program') }];
  return {
    folder,
    base: await writeLayer(join(folder, 'base.tar'), base, never),
    again: await writeLayer(join(folder, 'again.tar'), base.reverse(), never),
    top: await writeLayer(join(folder, 'top.tar'), top, never),
  };
}

it('makes layers whose bytes depend on their entries only, parents first', async () => {
  const { base, again, top } = await layers();
  expect(base.digest).toBe(`sha256:${sha256(await readFile(base.path))}`);
  expect(again.digest).toBe(base.digest);
  const found = await unpack(top.path);
  expect([...found.keys()]).toEqual(['usr', 'usr/local', 'usr/local/bin', 'usr/local/bin/program']);
  expect(found.get('usr/local/bin/program')?.header).toMatchObject({
    mode: 0o755,
    uid: 0,
    mtime: new Date(0),
  });
});

it('writes a docker archive in which images share their layers', async () => {
  const { folder, base, top } = await layers();
  const target = join(folder, 'archive.tar');
  const common = { user: '1337:1337', entrypoint: ['/usr/local/bin/program'] };
  await writeImageArchive(
    target,
    [
      { ...common, references: ['example.com/a:1'], layers: [base] },
      { ...common, references: ['example.com/b:1'], layers: [base, top], env: ['SERVICE_VERSION=v1'] },
    ],
    never,
  );
  const found = await unpack(target);
  const manifest = JSON.parse(String(found.get('manifest.json')?.body));
  expect(manifest.map(({ RepoTags }: { RepoTags: string[] }) => RepoTags)).toEqual([
    ['example.com/a:1'],
    ['example.com/b:1'],
  ]);
  const image = manifest[1];
  const config = JSON.parse(String(found.get(image.Config)?.body));
  const sums = image.Layers.map((name: string) => `sha256:${sha256(found.get(name)?.body ?? '')}`);
  expect(config.rootfs.diff_ids).toEqual(sums);
  expect(config.config).toMatchObject({
    User: '1337:1337',
    Env: [expect.stringMatching(/^PATH=/), 'SERVICE_VERSION=v1'],
  });
  expect(manifest[0].Layers[0]).toBe(image.Layers[0]);
});
