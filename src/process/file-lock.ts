import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { fileError, hasCode } from '../files/index.ts';

export interface FileLockOptions {
  /** How long to wait for another holder; 0 asks once. */
  readonly waitSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Lets go of the lock. */
export type Release = () => Promise<void>;

/** The last holder may have deleted the file: then the lock is on nothing that others can see. */
const script = `
exec 9<"$1" || exit 2
flock --exclusive --timeout "$2" 9 || exit $?
[ "$1" -ef /proc/self/fd/9 ] && echo held || { echo stale; exit 0; }
exec cat
`;

/** Each holder before may have removed the file, but not without end. */
const maxAttempts = 100;
const busy = 1;
const unopened = 2;
const noSuchCommand = 127;

/**
 * Take the kernel's lock on a file, which is made with its folder if absent, or on a folder. A child
 * holds it for as long as its standard input is open, so kill -9 of this process frees it at once and
 * nothing goes stale. The holder may delete the file, and the folder if that is empty then, as the
 * last thing it does, as another then makes a new one. Undefined if somebody else had it for all of
 * the wait. Throws TOOL_MISSING without flock, FILE_DENIED and its like if the path cannot be
 * opened, INTERRUPTED.
 */
export async function fileLock(path: string, options: FileLockOptions): Promise<Release | undefined> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const taken = await hold(path, options);
    if (taken !== 'stale') return taken;
  }
  throw new IsthmusError('FILE_FAILED', `cannot lock ${path}: it vanishes as often as it is made`, {
    hint: `see what removes it, or whether ${dirname(path)} is a link to nowhere`,
  });
}

async function hold(path: string, options: FileLockOptions): Promise<Release | undefined | 'stale'> {
  const { signal, waitSeconds } = options;
  if (!(await make(path))) return 'stale';
  // A group of its own, as Ctrl+C at the terminal must not free the lock before the work has stopped.
  const holder = spawn('sh', ['-c', script, 'lock', path, String(waitSeconds)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] },
  });
  const closed = once(holder, 'close') as Promise<[number | null]>;
  const stop = () => killGroup(holder);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const said = await Promise.race([
      once(holder.stdout, 'data').then(String),
      closed.then(([code]) => code),
    ]);
    if (signal?.aborted) throw new IsthmusError('INTERRUPTED', `interrupted while waiting for ${path}`);
    if (typeof said === 'string') return said.startsWith('held') ? () => letGo(holder, closed) : 'stale';
    if (said === busy) return undefined;
    // It had gone when the shell opened it, even if somebody has made it again since.
    if (said === unopened) {
      await requireReadable(path);
      return 'stale';
    }
    throw unlockable(path, said);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** False if another removed the folder at the very moment. */
async function make(path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a', 0o600)).close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EISDIR')) return true;
    if (hasCode(error, 'ENOENT')) return false;
    throw fileError(error, { doing: 'lock', path });
  }
}

/** Throws FILE_DENIED and its like if it is there and cannot be opened. */
async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw fileError(error, { doing: 'lock', path });
  }
}

/** With the shell goes the flock that it waits for. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}

async function letGo(holder: ChildProcess, closed: Promise<unknown>): Promise<void> {
  holder.stdin?.end();
  await closed;
}

function unlockable(path: string, code: number | null): IsthmusError {
  if (code !== noSuchCommand)
    return new IsthmusError('PROCESS_FAILED', `the lock of ${path} could not be taken: exit code ${code}`, {
      hint: 'check that the path can be written',
    });
  return new IsthmusError('TOOL_MISSING', 'flock cannot be run: it is not installed', {
    hint: 'apt-get install --no-install-recommends util-linux',
    packages: ['util-linux'],
  });
}
