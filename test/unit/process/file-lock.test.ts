import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileLock } from '../../../src/process/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes the file and its folder, and keeps a second holder out', async () => {
  const path = join(folder, 'locks', 'one');
  const release = await fileLock(path, { waitSeconds: 0 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await fileLock(path, { waitSeconds: 0 })).toBeUndefined();
  await release?.();
  const again = await fileLock(path, { waitSeconds: 0 });
  expect(again).toBeDefined();
  await again?.();
});

it('locks a folder, too', async () => {
  const release = await fileLock(folder, { waitSeconds: 0 });
  expect(await fileLock(folder, { waitSeconds: 0 })).toBeUndefined();
  await release?.();
});

it('is taken although the folder vanishes again and again while others take theirs', async () => {
  const path = join(folder, 'locks', 'one');
  const ended = new AbortController();
  const vandal = (async () => {
    while (!ended.signal.aborted) {
      // A lock that is made while its folder is removed keeps the folder for this round.
      await rm(dirname(path), { recursive: true, force: true }).catch((error) => {
        if (error.code !== 'ENOTEMPTY') throw error;
      });
      await delay(3);
    }
  })();
  for (let round = 0; round < 10; round += 1) {
    const release = await fileLock(path, { waitSeconds: 5 });
    expect(release).toBeDefined();
    await release?.();
  }
  ended.abort();
  await vandal;
});

it('is free at once when its holder is killed', async () => {
  const path = join(folder, 'one');
  const room = fileURLToPath(new URL('../../../src/process/index.ts', import.meta.url));
  const script = `
    const { fileLock } = await import(${JSON.stringify(room)});
    await fileLock(${JSON.stringify(path)}, { waitSeconds: 0 });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(await fileLock(path, { waitSeconds: 0 })).toBeUndefined();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const release = await fileLock(path, { waitSeconds: 2 });
  expect(release).toBeDefined();
  await release?.();
});

it('is interrupted while it waits', async () => {
  const path = join(folder, 'one');
  const release = await fileLock(path, { waitSeconds: 0 });
  const waiting = fileLock(path, { waitSeconds: 30, signal: AbortSignal.timeout(30) });
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await release?.();
});

it('says what is in its way', async () => {
  const long = join(folder, 'x'.repeat(300));
  await expect(fileLock(long, { waitSeconds: 0 })).rejects.toMatchObject({ code: 'FILE_FAILED' });
});
