import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';

const shutdown = fileURLToPath(new URL('../../../src/cli/shutdown.ts', import.meta.url));

/** Says when it may be interrupted and that it was, and goes on; with `stops` it ends after so many milliseconds. */
const script = (stops: number | undefined) => `
  const { shutdownSignal } = await import(${JSON.stringify(shutdown)});
  const stderr = { write: (text) => process.stderr.write(Math.round(performance.now() - at) + ' ms: ' + text) };
  const { signal, dispose } = shutdownSignal(stderr);
  const work = setInterval(() => {}, 1000);
  let at = 0;
  signal.addEventListener('abort', () => {
    at = performance.now();
    process.stdout.write('stopping\\n');
    if (${stops !== undefined}) setTimeout(() => (clearInterval(work), dispose()), ${stops ?? 0});
  });
  process.stdout.write('at work\\n');`;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process at work, and what it has written. */
async function atWork(stops?: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script(stops)]);
  started.push(child);
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      written[name] += chunk.toString();
    });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const until = (name: keyof typeof written, text: string) =>
    vi.waitFor(() => expect(written[name]).toContain(text), { timeout: 20_000, interval: 20 });
  await until('stdout', 'at work');
  return { child, written, ended, until };
}

const notice = 'stopping cleanly; press Ctrl+C again to force\n';

test.each(['SIGINT', 'SIGTERM'] as const)('a second %s ends the process at once with 130', async (signal) => {
  const { child, written, ended, until } = await atWork();
  child.kill(signal);
  await until('stdout', 'stopping');
  child.kill(signal);
  expect(await ended).toEqual([130, null]);
  expect(written.stdout).toBe('at work\nstopping\n');
});

test('a stop that takes more than 200 ms is told once, with the way to force it', async () => {
  const { child, written, ended, until } = await atWork(1_000);
  child.kill('SIGINT');
  await until('stderr', notice);
  expect(await ended).toEqual([0, null]);
  const [, after = '', text] = /^(\d+) ms: ([\s\S]*)$/.exec(written.stderr) ?? [];
  expect(text).toBe(notice);
  expect(Number(after)).toBeGreaterThanOrEqual(199);
});

test('a stop that is over by then needs no word', async () => {
  const { child, written, ended } = await atWork(20);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(written.stderr).toBe('');
});
