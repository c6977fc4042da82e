import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFiles } from '../../../src/cli/write-files.ts';
import { renderMesh } from '../../../src/mesh/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { eksSpec, meshOf } from '../eks/specs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-render-'));
});
afterEach(() => rm(folder, { recursive: true }));

const rendered = () => {
  const spec = eksSpec({ zones: ['eu-west-1a', 'eu-west-1b'], zonesStated: true });
  const topology = { ...meshOf(spec), samples: false };
  return renderMesh({ topology, reporter: silentReporter, signal: new AbortController().signal });
};

it('writes every file of a rendered mesh, and the next rendering over it', async () => {
  const files = await rendered();
  const paths = await writeFiles(folder, files);
  expect(paths).toContain(join(folder, 'README.md'));
  expect(files.map(({ path }) => path)).toContain('east/0-cloudformation.json');
  const next = files.map(({ path, content }) => ({ path, content: content && `${content}\n` }));
  await writeFiles(folder, next);
  for (const { path, content } of next) expect(await readFile(join(folder, path), 'utf8')).toBe(content);
});

it.each(['README.md', 'east/2-control-plane.yaml', 'east/0-cloudformation.json'])(
  'leaves somebody’s %s as it is, names it and writes nothing',
  async (path) => {
    await mkdir(join(folder, 'east'));
    await writeFile(join(folder, path), 'ours: run isthmus up\n');
    await expect(writeFiles(folder, await rendered())).rejects.toMatchObject({
      code: 'FOLDER_FOREIGN',
      problems: [{ message: `${join(folder, path)} would be overwritten` }],
    });
    expect(await readFile(join(folder, path), 'utf8')).toBe('ours: run isthmus up\n');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(entries.filter((entry) => entry.isFile())).toHaveLength(1);
  },
);
