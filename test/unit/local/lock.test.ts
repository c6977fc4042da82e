import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFile, removeIdleLocks, withLock } from '../../../src/local/host/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lets one in at a time, also when holders delete the file as the last thing they do', async () => {
  const path = join(folder, 'locks', 'mesh');
  let inside = 0;
  const visit = (remove: boolean) =>
    withLock(path, async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
      if (remove) await rm(path);
    });
  await Promise.all([visit(false), visit(true), visit(false), visit(true), visit(false)]);
  expect(inside).toBe(0);
});

it('says LOCK_HELD after its time, and INTERRUPTED when told to stop', async () => {
  const path = join(folder, 'mesh');
  await withLock(path, async () => {
    const late = withLock(path, async () => 'in', { timeoutSeconds: 1 });
    await expect(late).rejects.toMatchObject({ code: 'LOCK_HELD' });
    const stopped = withLock(path, async () => 'in', { signal: AbortSignal.timeout(50) });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

it('is free at once when its holder is killed', async () => {
  const path = join(folder, 'mesh');
  const module = fileURLToPath(new URL('../../../src/local/host/lock.ts', import.meta.url));
  const code = `import { lockFile, removeIdleLocks, withLock } from ${JSON.stringify(module)};
    await withLock(${JSON.stringify(path)}, () => { console.log('held'); return new Promise((r) => setTimeout(r, 60_000)); });`;
  const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  expect(await withLock(path, async () => 'in', { timeoutSeconds: 5 })).toBe('in');
});

it('removes the locks that nobody holds and never a held one, nor the folder under it', async () => {
  const root = join(folder, 'run');
  await withLock(lockFile(root, '0a1b2c.mesh'), async () => {
    await writeFile(lockFile(root, '0a1b2c-4d5e6'), '');
    await writeFile(lockFile(root, 'of-another-program'), '');
    await removeIdleLocks(root);
    expect(await readdir(join(root, '.locks'))).toEqual(['0a1b2c.mesh', 'of-another-program']);
  });
  await rm(lockFile(root, 'of-another-program'));
  await removeIdleLocks(root);
  expect(await readdir(folder)).toEqual([]);
});

it('keeps others out while many remove what is left at once', async () => {
  const root = join(folder, 'run');
  let inside = 0;
  const visit = async () => {
    await withLock(lockFile(root, 'host'), async () => {
      inside += 1;
      expect(inside).toBe(1);
      await rm(lockFile(root, 'host'));
      inside -= 1;
    });
    await removeIdleLocks(root);
  };
  await Promise.all([visit(), visit(), visit(), visit()]);
  expect(await readdir(folder)).toEqual([]);
});
