import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const foldersOf = (path: string): string[] =>
  readdirSync(at(path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
const filesOf = (path: string): number =>
  readdirSync(at(path), { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).length;

const rows = readFileSync(at('docs/ARCHITECTURE.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const quoted = (text = ''): string[] => [...text.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name ?? '');

describe('docs/ARCHITECTURE.md', () => {
  it('has every room in one level', () => {
    const named = rows.filter(([, level]) => /^\d+$/.test(level ?? '')).flatMap(([, , cell]) => quoted(cell));
    expect(named.sort()).toEqual(foldersOf('src'));
  });

  it('names the sub-folders of every room of more than twenty files, as they are', () => {
    const listed = rows.flatMap(([, room, cell]) =>
      /^`[a-z]+`$/.test(room ?? '') ? [[quoted(room)[0] ?? '', quoted(cell).sort()] as const] : [],
    );
    for (const [room, named] of listed) expect([room, named]).toEqual([room, foldersOf(`src/${room}`)]);
    const large = foldersOf('src').filter(
      (room) => filesOf(`src/${room}`) > 20 && foldersOf(`src/${room}`).length > 0,
    );
    expect(large.filter((room) => !listed.some(([one]) => one === room))).toEqual([]);
  });
});
