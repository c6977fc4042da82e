import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';
import type { Program } from '../programs/programs.ts';
import { sha256Of } from './checksum.ts';
import { ask, downloadError, receive } from './http.ts';
import { isAuthentic, publishedChecksum } from './published-checksum.ts';
import { type Publisher, publishers, type Release } from './releases.ts';
import type { ObtainOptions, Source } from './source.ts';

const pinOf = (release: Release): string | undefined => release.sha256[process.arch];

/**
 * Official releases, each checked by SHA-256 before it is unpacked: the pinned one, or else the one that
 * the publisher states beside the file, which trusts its TLS.
 */
export function releaseSource(table: Readonly<Record<string, Release>>): Source {
  // Without a way to one publisher nobody waits for it again and again.
  const unreachable = new Set<Publisher>();
  return {
    name: 'official release',
    offers: ({ name }) => {
      const release = table[name];
      if (!release || unreachable.has(release.publisher)) return false;
      return pinOf(release) !== undefined || isAuthentic(urlOf(release));
    },
    // One archive has all of containerd's programs.
    batchOf: ({ name }) => table[name]?.path ?? name,
    caveat: (programs) => caveat(programs, table),
    async obtain(options: ObtainOptions) {
      const members = membersOf(options.programs, table);
      const { release } = members[0];
      const scratch = await mkdtemp(join(options.folder, '.release-'));
      try {
        unreachable.add(release.publisher);
        const answered = () => void unreachable.delete(release.publisher);
        const file = join(scratch, 'download');
        await downloadRelease(release, file, { ...options, answered });
        await unpack(file, members, options);
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

interface Member {
  readonly name: string;
  readonly release: Release;
}

function membersOf(programs: readonly Program[], table: Readonly<Record<string, Release>>) {
  const members = programs.flatMap(({ name }) => (table[name] ? [{ name, release: table[name] }] : []));
  const [first, ...more] = members;
  if (
    !first ||
    members.length < programs.length ||
    more.some((one) => one.release.path !== first.release.path)
  )
    throw new IsthmusError('BUG', `no one release has ${programs.map(({ name }) => name).join(', ')}`);
  return [first, ...more] as const;
}

function caveat(programs: readonly Program[], table: Readonly<Record<string, Release>>): string | undefined {
  const unpinned = programs.filter(({ name }) => table[name] && pinOf(table[name]) === undefined);
  const hosts = new Set(
    unpinned.flatMap(({ name }) => (table[name] ? [new URL(urlOf(table[name])).host] : [])),
  );
  if (unpinned.length === 0) return undefined;
  const names = unpinned.map(({ name }) => name).join(', ');
  return `no checksum of ${names} is pinned: the one that stands beside each was believed, which trusts the TLS of ${[...hosts].join(', ')}`;
}

export interface Downloading extends Pick<ObtainOptions, 'signal' | 'onProgress'> {
  /** Called when the publisher answers at all. */
  readonly answered?: () => void;
}

/** One release's file, compared with its pinned checksum or the stated one. DOWNLOAD_FAILED, CHECKSUM_MISMATCH. */
export async function downloadRelease(release: Release, file: string, options: Downloading): Promise<void> {
  const { signal, onProgress, answered } = options;
  const url = urlOf(release);
  onProgress({ message: `downloading ${url}` });
  try {
    const pinned = pinOf(release);
    const stated = pinned ?? (await publishedChecksum(url, { signal }));
    if (stated === undefined) {
      answered?.();
      throw new Error('its publisher states no checksum of it, and none is pinned');
    }
    const response = await ask(url, { signal });
    answered?.();
    await receive(response, file, { signal });
    await refuseOther(file, { url, wanted: stated, by: pinned ? 'pinned' : 'stated beside it' });
  } catch (error) {
    throw downloadError(url, error, { hint: failedHint, signal });
  }
}

const mirrors = Object.values(publishers).map(({ mirror }) => mirror);
const failedHint = `check the network, set ${mirrors.join(' or ')} to a mirror of the same layout, or build from source with ISTHMUS_TOOLCHAIN_SOURCE=go`;

interface Wanted {
  readonly url: string;
  readonly wanted: string;
  /** Who wants it so. */
  readonly by: string;
}

async function refuseOther(file: string, { url, wanted, by }: Wanted): Promise<void> {
  const actual = await sha256Of(file);
  if (actual === wanted) return;
  throw new IsthmusError('CHECKSUM_MISMATCH', `${url} has SHA-256 ${actual}, ${by} is ${wanted}`, {
    hint: 'nothing of it was used; try again, and if it stays so, do not trust that address or mirror',
  });
}

/** Each program to its place: out of the archive, or the file as it is. */
async function unpack(file: string, members: readonly Member[], { folder, signal }: ObtainOptions) {
  const inside = members.flatMap(({ release }) => release.member ?? []);
  if (inside.length > 0) await run('tar', ['-xzf', file, '-C', dirname(file), ...inside], { signal });
  for (const { name, release } of members) {
    const program = release.member ? join(dirname(file), release.member) : file;
    await chmod(program, 0o755);
    await rename(program, join(folder, name));
  }
}
