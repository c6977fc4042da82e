import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IsthmusError, messageOf } from '../../errors/index.ts';
import { run } from '../../process/index.ts';
import { sha256Of } from './checksum.ts';
import { type Publisher, publishers, type Release } from './releases.ts';
import { type ObtainOptions, onlyOne, type Source } from './source.ts';

/**
 * Official releases, each checked against a pinned SHA-256 before it is unpacked. A release without
 * a pin for this platform is not offered, so that nothing unverified ever runs.
 */
export function releaseSource(table: Readonly<Record<string, Release>>): Source {
  // Without a way to one publisher nobody waits for it again and again.
  const unreachable = new Set<Publisher>();
  return {
    name: 'official release',
    offers: ({ name }) => {
      const release = table[name];
      return release?.sha256[process.arch] !== undefined && !unreachable.has(release.publisher);
    },
    async obtain(options: ObtainOptions) {
      const { program, target } = onlyOne(options);
      const release = table[program.name];
      if (!release) throw new IsthmusError('BUG', `no release of ${program.name} in the table`);
      const scratch = await mkdtemp(join(options.folder, '.release-'));
      try {
        const file = join(scratch, 'download');
        const answered = () => void unreachable.delete(release.publisher);
        unreachable.add(release.publisher);
        await download(urlOf(release), file, { ...options, answered });
        await refuseOther(file, release);
        await unpack(file, release, options);
        await rename(unpacked(file, release), target);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

/** The release's address at its publisher or at the mirror that the environment names. */
export function urlOf({ publisher, path }: Pick<Release, 'publisher' | 'path'>): string {
  const { base, mirror } = publishers[publisher];
  return `${(process.env[mirror] || base).replace(/\/$/, '')}/${path}`;
}

async function download(
  url: string,
  target: string,
  { signal, onProgress, answered }: ObtainOptions & { readonly answered: () => void },
): Promise<void> {
  onProgress({ message: `downloading ${url}` });
  try {
    const response = await fetch(url, { signal });
    answered();
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(target), { signal });
  } catch (error) {
    if (signal.aborted) throw new IsthmusError('INTERRUPTED', `interrupted while downloading ${url}`);
    // The disk's own errors are not the network's.
    if (error instanceof Error && 'syscall' in error && error.syscall === 'write') throw error;
    throw downloadFailed(url, error);
  }
}

function downloadFailed(url: string, error: unknown): IsthmusError {
  const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
  const mirrors = Object.values(publishers).map(({ mirror }) => mirror);
  return new IsthmusError('DOWNLOAD_FAILED', `cannot download ${url}: ${reason}`, {
    hint: `check the network, set ${mirrors.join(' or ')} to a mirror of the same layout, or build from source with ISTHMUS_TOOLCHAIN_SOURCE=go`,
    cause: error,
  });
}

async function refuseOther(file: string, release: Release): Promise<void> {
  const pinned = release.sha256[process.arch];
  const actual = await sha256Of(file);
  if (actual === pinned) return;
  throw new IsthmusError(
    'CHECKSUM_MISMATCH',
    `${urlOf(release)} has SHA-256 ${actual}, pinned is ${pinned}`,
    {
      hint: 'nothing of it was used; try again, and if it stays so, do not trust that address or mirror',
    },
  );
}

/** Where the program is once its file is unpacked: beside an archive, or the file as it is. */
const unpacked = (file: string, { member }: Release) => (member ? join(dirname(file), member) : file);

async function unpack(file: string, release: Release, { signal }: ObtainOptions): Promise<void> {
  if (release.member) await run('tar', ['-xzf', file, '-C', dirname(file), release.member], { signal });
  await chmod(unpacked(file, release), 0o755);
}
