import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Beyond it a folder's names are no longer read at a glance. */
const most = 20;
/** Folders that are one list: a fault or an emulated service to a file. */
const lists = ['test/faults/faults', 'test/aws/emulator/rehearsal'];

/** Number of files directly in each folder of the sources, tests and scripts that git knows. */
function filesByFolder(): Map<string, number> {
  const listed = execFileSync('git', ['ls-files', '-z', 'src', 'test', 'scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const counts = new Map<string, number>();
  for (const file of listed.split('\0').filter(Boolean)) {
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  }
  return counts;
}

describe('folders', () => {
  it(`hold at most ${most} files, so that a room says by its sub-folders what is inside`, () => {
    const counts = filesByFolder();
    expect(counts.size).toBeGreaterThan(40);
    const full = [...counts].filter(([folder, count]) => count > most && !lists.includes(folder));
    expect(full).toEqual([]);
  });
});
