import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { type Reporter, silentReporter } from '../../../src/report/index.ts';
import { withCacheLock } from '../../../src/toolchain/cache/cache-lock.ts';
import { ensurePrograms } from '../../../src/toolchain/programs/ensure-programs.ts';
import { countingSource, gate, listening, programNamed, temporaryFolder } from './bed.ts';

const never = new AbortController().signal;

it('lets the second run wait, saying so, and find what the first one made', async () => {
  const folder = await temporaryFolder();
  const begun = gate();
  const finish = gate();
  const { source, made } = countingSource(async (name) => {
    begun.open();
    await finish.passed;
    return name;
  });
  const ensure = (reporter: Reporter) =>
    withCacheLock(folder, { reporter, signal: never }, () =>
      ensurePrograms({
        folder,
        programs: [programNamed('etcd')],
        sources: [source],
        reporter,
        signal: never,
      }),
    );
  const first = ensure(silentReporter);
  await begun.passed;
  const { reporter, heard } = listening('TOOLCHAIN_WAITING');
  const second = ensure(reporter);
  await heard;
  finish.open();
  await Promise.all([first, second]);
  expect(made).toEqual(['etcd']);
});

it('is free at once after kill -9 of its holder', async () => {
  const folder = await temporaryFolder();
  const script = `import { withCacheLock } from './src/toolchain/cache/cache-lock.ts';
    await withCacheLock(${JSON.stringify(folder)}, { reporter: { emit() {} }, signal: new AbortController().signal },
      () => new Promise((resolve) => { console.log('held'); setTimeout(resolve, 60_000); }));`;
  const args = ['--import', 'tsx', '--input-type', 'module', '--eval', script];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const { reporter, heard } = listening('TOOLCHAIN_WAITING');
  const mine = withCacheLock(folder, { reporter, signal: AbortSignal.timeout(10_000) }, async () => 'mine');
  await heard;
  holder.kill('SIGKILL');
  await expect(mine).resolves.toBe('mine');
});

it('stops waiting when interrupted', async () => {
  const folder = await temporaryFolder();
  const { passed, open } = gate();
  const inside = gate();
  const holder = withCacheLock(folder, { reporter: silentReporter, signal: never }, () => {
    inside.open();
    return passed;
  });
  await inside.passed;
  const stop = new AbortController();
  const { reporter, heard } = listening('TOOLCHAIN_WAITING');
  const waiting = withCacheLock(folder, { reporter, signal: stop.signal }, async () => 'mine');
  await heard;
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  open();
  await holder;
});
