import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTopology, loadTopology, starterFile } from '../../../src/topology/index.ts';

const home = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-topology-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const refusal = (path: string) =>
  loadTopology(path).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('loadTopology', () => {
  it('reads a file and remembers its path', async () => {
    const path = put('mesh.yaml', starterFile({ name: 'mine' }));
    expect(await loadTopology(path)).toMatchObject({ name: 'mine', file: path });
  });

  it('takes mesh.yaml of the working folder, or the default where there is none', async () => {
    expect(await loadTopology()).toEqual(defaultTopology());
    put('mesh.yaml', starterFile({ name: 'found' }));
    expect(await loadTopology()).toMatchObject({ name: 'found', file: 'mesh.yaml' });
  });

  it('misses a file that was named, also behind a file or a dangling link', async () => {
    const plain = put('plain', '');
    symlinkSync(join(folder, 'gone'), join(folder, 'link'));
    for (const path of [join(folder, 'none.yaml'), join(plain, 'mesh.yaml'), join(folder, 'link')])
      expect(await refusal(path)).toMatchObject({
        code: 'MESH_FILE_MISSING',
        message: `there is no file ${path}`,
        where: { file: path },
      });
  });

  it('cannot read a folder, a huge file or another encoding', async () => {
    mkdirSync(join(folder, 'meshes'));
    const large = put('large.yaml', Buffer.alloc(1024 * 1024 + 1, '#'));
    const utf16 = put('utf16.yaml', Buffer.from(`\uFEFF${starterFile()}`, 'utf16le'));
    for (const [path, message] of [
      [join(folder, 'meshes'), /it is a folder$/],
      [large, /it has 1048577 bytes, more than 1048576$/],
      [utf16, /it is not UTF-8 text$/],
    ] as const)
      expect(await refusal(path)).toMatchObject({
        code: 'MESH_FILE_UNREADABLE',
        message: expect.stringMatching(message),
        hint: expect.any(String),
      });
  });
});
