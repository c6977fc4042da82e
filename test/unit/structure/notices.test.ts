import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noticesOf } from '../../../scripts/notices.mjs';

let root = '';

async function addPackage(folder: string, manifest: object, files: Record<string, string> = {}) {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries({ ...files, 'package.json': JSON.stringify(manifest) }))
    await writeFile(join(root, folder, name), text);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'isthmus-notices-'));
  await addPackage(
    'node_modules/@a/b',
    { name: '@a/b', version: '1.0.0', license: 'MIT' },
    { LICENSE: 'Copyright A\n' },
  );
  await addPackage(
    'node_modules/@a/b/node_modules/c',
    { name: 'c', version: '2.0.0', license: 'ISC' },
    { 'license.md': 'Copyright C', 'licenser.js': 'no' },
  );
  await addPackage('node_modules/d', { name: 'd', version: '3.0.0' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

it('names each package of which a bundle has a part once, with its licence, also those within others', () => {
  const files = [
    'src/own.ts',
    'node_modules/@a/b/index.js',
    'node_modules/@a/b/x/y.js',
    'node_modules/@a/b/node_modules/c/c.js',
  ];
  expect(noticesOf(root, files).split('\n\n').slice(1)).toEqual([
    '== @a/b 1.0.0, MIT',
    'Copyright A',
    '== c 2.0.0, ISC',
    'Copyright C\n',
  ]);
});

it('refuses a package of which nobody says under which licence it may be passed on', () => {
  expect(() => noticesOf(root, ['node_modules/d/index.js'])).toThrow('names no licence');
});
