import { join } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { RunError, run } from '../process/index.ts';
import { diskFull } from './disk-space.ts';
import { goFolder } from './folders.ts';
import type { ObtainOptions, Source } from './source.ts';

/** Builds from toolchain/go.mod: static programs, so that images need no libraries. */
export const goSource: Source = {
  name: 'Go build',
  offers: ({ goPackage }) => goPackage !== undefined,
  async obtain({ program, target, signal, onLine }: ObtainOptions) {
    const stamps = (program.stamps ?? []).map((stamp) => `-X ${stamp}`);
    const args = [
      'build',
      '-trimpath',
      '-buildvcs=false',
      '-ldflags',
      ['-s -w', ...stamps].join(' '),
      '-o',
      target,
      program.goPackage ?? '',
    ];
    const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTOOLCHAIN: 'auto' };
    try {
      await run('go', args, { cwd: join(goFolder()), env, signal, onLine });
    } catch (error) {
      throw explain(error, program.name);
    }
  },
};

function explain(error: unknown, name: string): unknown {
  if (!(error instanceof RunError)) return error;
  if (error.code === 'TOOL_MISSING')
    return new IsthmusError('TOOL_MISSING', 'go is not installed', {
      hint: 'install Go 1.26 or newer and put it on PATH',
      cause: error,
    });
  if (/no space left on device/i.test(error.stderr)) return diskFull(`building ${name}`, error);
  if (
    /dial tcp|no such host|i\/o timeout|connection refused|proxyconnect|TLS handshake|50[0-9] /i.test(
      error.stderr,
    )
  )
    return new IsthmusError(
      'DOWNLOAD_FAILED',
      `go could not fetch the modules of ${name}: ${lastLine(error.stderr)}`,
      {
        hint: 'check the network or GOPROXY (`go env GOPROXY`), then run the command again: what is done is kept',
        cause: error,
      },
    );
  return new IsthmusError('BUILD_FAILED', `go build of ${name} failed: ${lastLine(error.stderr)}`, {
    hint: 'run the command again with --verbose; `go version` must be 1.26 or newer',
    cause: error,
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
