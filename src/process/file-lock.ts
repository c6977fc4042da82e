import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { IsthmusError } from '../errors/index.ts';

export interface FileLockOptions {
  /** How long to wait for another holder; 0 asks once. */
  readonly waitSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Lets go of the lock. */
export type Release = () => Promise<void>;

/** The last holder may have deleted the file: then the lock is on nothing that others can see. */
const script = `
[ -e "$1" ] || : >>"$1" || exit 2
exec 9<"$1" || exit 2
flock --exclusive --timeout "$2" 9 || exit $?
[ "$1" -ef /proc/self/fd/9 ] && echo held || { echo stale; exit 0; }
exec cat
`;

const busy = 1;
const noSuchCommand = 127;

/**
 * Take the kernel's lock on a file, which is made if absent, or on a folder. A child holds it for as
 * long as its standard input is open, so kill -9 of this process frees it at once and nothing goes
 * stale. The holder may delete the file as the last thing it does, as another then makes a new one.
 * Undefined if somebody else had it for all of the patience.
 * Throws TOOL_MISSING without flock, PROCESS_FAILED if the path cannot be opened, INTERRUPTED.
 */
export async function fileLock(path: string, options: FileLockOptions): Promise<Release | undefined> {
  for (;;) {
    const taken = await hold(path, options);
    if (taken !== 'stale') return taken;
  }
}

async function hold(path: string, options: FileLockOptions): Promise<Release | undefined | 'stale'> {
  const { signal, waitSeconds } = options;
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
    throw unlockable(path, said);
  } finally {
    signal?.removeEventListener('abort', stop);
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
