import { IsthmusError } from '../../errors/index.ts';
import { type RunError, run } from '../../process/index.ts';
import { freeBytes } from '../cache/disk-space.ts';

const installGo = 'install Go 1.26 or newer (https://go.dev/dl) and put it on PATH';
const freeSpace =
  'free some space, or point GOCACHE, GOMODCACHE and GOTMPDIR at a larger disk: what is done is kept';

interface Reading {
  /** What Go prints in this case. */
  readonly said: RegExp;
  readonly code: 'TOOL_MISSING' | 'DISK_FULL' | 'CHECKSUM_MISMATCH' | 'DOWNLOAD_FAILED';
  readonly message: (what: string, said: string) => string;
  readonly hint: string;
}

const readings: readonly Reading[] = [
  {
    // What a Go that is too old to fetch a newer one says of go.mod.
    said: /invalid go version|unknown (block type|directive): (tool|toolchain)|requires go >=/,
    code: 'TOOL_MISSING',
    message: (_, said) => `go is too old: ${said}`,
    hint: installGo,
  },
  {
    said: /no space left on device|disk quota exceeded/i,
    code: 'DISK_FULL',
    message: (what) => `no space left on the device while Go built ${what}`,
    hint: freeSpace,
  },
  {
    said: /checksum mismatch|SECURITY ERROR/,
    code: 'CHECKSUM_MISMATCH',
    message: (what, said) => `a Go module of ${what} is not what go.sum pins: ${said}`,
    hint: 'look at what GOPROXY points to, then run go clean -modcache',
  },
  {
    said: /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|TLS handshake|: 50[0-9] |GOPROXY=off/i,
    code: 'DOWNLOAD_FAILED',
    message: (what, said) => `go could not fetch the modules of ${what}: ${said}`,
    hint: 'check the network or GOPROXY (go env GOPROXY), then run the command again: what is done is kept',
  },
];

/** What a failed run of Go for `what` means. `env` is what it ran with. */
export async function goFailure(
  error: RunError,
  { what, env }: { what: string; env: Readonly<Record<string, string>> },
): Promise<IsthmusError> {
  if (error.code === 'TOOL_MISSING')
    return new IsthmusError('TOOL_MISSING', 'go is not installed', { hint: installGo, cause: error });
  const said = error.stderr.trim().split('\n').at(-1) ?? '';
  const reading = readings.find((one) => one.said.test(error.stderr));
  if (reading) {
    const { code, message, hint } = reading;
    return new IsthmusError(code, message(what, said), { hint, cause: error });
  }
  const full = await fullFolder(env);
  if (full)
    return new IsthmusError('DISK_FULL', `${full} has no space left while Go built ${what}`, {
      hint: freeSpace,
      cause: error,
    });
  return new IsthmusError('BUILD_FAILED', `go build of ${what} failed: ${said}`, {
    hint: 'run the command again with --verbose; go version must be 1.26 or newer',
    cause: error,
  });
}

/** Less than Go needs for anything. */
const almostNothing = 16_000_000;

/**
 * The folder of Go's that is on a full disk. Go does not always say so: with a full GOCACHE it
 * believes that packages of its own library do not exist.
 */
async function fullFolder(env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const names = ['GOCACHE', 'GOMODCACHE', 'GOTMPDIR'];
  const { stdout } = await run('go', ['env', ...names], { env, allowFailure: true });
  for (const folder of stdout.split('\n').filter((line) => line.startsWith('/')))
    if ((await freeBytes(folder)) < almostNothing) return folder;
  return undefined;
}
