import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureLimits, limitFiles, limitsHold } from '../../../src/local/host/cgroup-limits.ts';
import { ensureCgroups } from '../../../src/local/host/cgroups.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A hierarchy as the kernel shows it once a node's groups are made. */
async function hierarchy(name: string, ...files: string[]): Promise<string> {
  for (const group of ['isthmus/a1/pods', 'isthmus/a1']) {
    await mkdir(join(root, name, group), { recursive: true });
    for (const file of files) await writeFile(join(root, name, group, file), 'max\n');
  }
  return join(root, name);
}

const machine = { memory: 10 * 2 ** 30, tasks: 1000 };

it('limits a node and, lower, its pods, in the hierarchies of v1 and in the one of v2', async () => {
  const [memory, pids, cpu] = [
    await hierarchy('memory', 'memory.limit_in_bytes'),
    await hierarchy('pids', 'pids.max'),
    await hierarchy('cpu', 'cpu.shares'),
  ];
  const v1 = await limitFiles({ version: 'v1', hierarchies: [memory, pids, cpu] }, 'a1', machine);
  expect(v1.map(({ path, value }) => [path.slice(root.length), value])).toEqual([
    ['/memory/isthmus/a1/memory.limit_in_bytes', 8 * 2 ** 30],
    ['/memory/isthmus/a1/pods/memory.limit_in_bytes', 7 * 2 ** 30],
    ['/pids/isthmus/a1/pids.max', 500],
    ['/pids/isthmus/a1/pods/pids.max', 400],
  ]);
  const unified = await hierarchy('unified', 'memory.max', 'pids.max');
  const v2 = await limitFiles({ version: 'v2', hierarchies: [unified] }, 'a1', machine);
  expect(v2.map(({ path }) => path.slice(root.length))).toEqual([
    '/unified/isthmus/a1/memory.max',
    '/unified/isthmus/a1/pids.max',
    '/unified/isthmus/a1/pods/memory.max',
    '/unified/isthmus/a1/pods/pids.max',
  ]);
});

it('sets them, and sees when one was lifted', async () => {
  const layout = {
    version: 'v2',
    hierarchies: [await hierarchy('unified', 'memory.max', 'pids.max')],
  } as const;
  expect(await limitsHold(layout, 'a1')).toBe(false);
  await ensureLimits(layout, 'a1');
  expect(await limitsHold(layout, 'a1')).toBe(true);
  const file = join(root, 'unified/isthmus/a1/pods/memory.max');
  expect(await readFile(file, 'utf8')).toMatch(/^\d+$/);
  await writeFile(file, 'max\n');
  expect(await limitsHold(layout, 'a1')).toBe(false);
});

it('lets all nodes together weigh as much as four processes outside, and no single one of them', async () => {
  const cpu = await hierarchy('cpu', 'cpu.shares');
  await writeFile(join(cpu, 'isthmus', 'cpu.shares'), '1024\n');
  await ensureCgroups({ version: 'v1', hierarchies: [cpu] }, 'a1');
  expect(await readFile(join(cpu, 'isthmus', 'cpu.shares'), 'utf8')).toBe('4096');
  expect(await readFile(join(cpu, 'isthmus/a1/cpu.shares'), 'utf8')).toBe('max\n');
});
