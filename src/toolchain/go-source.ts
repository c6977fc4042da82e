import { IsthmusError } from '../errors/index.ts';
import { RunError, type RunOptions, run } from '../process/index.ts';
import { goFolder } from './folders.ts';
import type { ObtainOptions, Source } from './source.ts';

/** Builds from toolchain/go.mod: static programs, so that images need no libraries. */
export const goSource: Source = {
  name: 'Go build',
  offers: ({ goPackage }) => goPackage !== undefined,
  async obtain({ program, target, signal, onLine }: ObtainOptions) {
    const stamps = (program.stamps ?? []).map((stamp) => `-X ${stamp}`);
    const flags = ['-trimpath', '-buildvcs=false', '-ldflags', ['-s -w', ...stamps].join(' ')];
    const args = ['build', ...flags, '-o', target, program.goPackage ?? ''];
    await go(args, { what: program.name, signal, onLine });
  },
};

/** Folder of a module's sources in Go's module cache, downloaded if need be. */
export async function moduleDirectory(path: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await go(['mod', 'download', '-json', path], { what: path, signal });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

// The caller's own settings must not change what is built. A newer Go that go.mod asks for is fetched by Go itself.
const env = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GOTOOLCHAIN: 'auto',
  GOOS: '',
  GOARCH: '',
};

async function go(args: readonly string[], options: RunOptions & { what: string }) {
  const { what, ...rest } = options;
  try {
    return await run('go', args, { cwd: goFolder(), env, ...rest });
  } catch (error) {
    throw error instanceof RunError ? explain(error, what) : error;
  }
}

const network =
  /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|TLS handshake|: 50[0-9] /i;
const installGo = 'install Go 1.26 or newer (https://go.dev/dl) and put it on PATH';

function explain(error: RunError, what: string): IsthmusError {
  const said = lastLine(error.stderr);
  const because = (hint: string) => ({ hint, cause: error });
  if (error.code === 'TOOL_MISSING')
    return new IsthmusError('TOOL_MISSING', 'go is not installed', because(installGo));
  // What a Go that is too old to fetch a newer one says of go.mod.
  if (/invalid go version|unknown (block type|directive): (tool|toolchain)|requires go >=/.test(error.stderr))
    return new IsthmusError('TOOL_MISSING', `go is too old: ${said}`, because(installGo));
  if (/no space left on device/i.test(error.stderr))
    return new IsthmusError(
      'DISK_FULL',
      `no space left on the device while Go built ${what}`,
      because(
        'free some space, or point GOCACHE, GOMODCACHE and GOTMPDIR at a larger disk: what is done is kept',
      ),
    );
  if (/checksum mismatch|SECURITY ERROR/.test(error.stderr))
    return new IsthmusError(
      'CHECKSUM_MISMATCH',
      `a Go module of ${what} is not what go.sum pins: ${said}`,
      because('look at what GOPROXY points to, then run go clean -modcache'),
    );
  if (network.test(error.stderr))
    return new IsthmusError(
      'DOWNLOAD_FAILED',
      `go could not fetch the modules of ${what}: ${said}`,
      because(
        'check the network or GOPROXY (go env GOPROXY), then run the command again: what is done is kept',
      ),
    );
  return new IsthmusError(
    'BUILD_FAILED',
    `go build of ${what} failed: ${said}`,
    because('run the command again with --verbose; go version must be 1.26 or newer'),
  );
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
