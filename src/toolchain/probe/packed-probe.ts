import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { IsthmusError } from '../../errors/index.ts';
import { readIfThere, writeWhole } from '../../files/index.ts';
import { packageRoot } from '../cache/folders.ts';
import { probeKey } from './probe-source.ts';

/** Where a package carries the request probe, so that whoever installs it needs no Go. */
export const packedFolder = (): string => join(packageRoot(), 'dist', 'probe');

interface PackedProbes {
  /** Version of the source that they were built from. */
  readonly source: string;
  /** SHA-256 of each program by Go's name of its architecture, before it was packed. */
  readonly sha256: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string) => join(folder, 'manifest.json');
const packedPath = (folder: string, architecture: string) => join(folder, `probe-${architecture}.gz`);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/**
 * The program that a package carries for an architecture, unpacked and compared with its checksum.
 * Undefined if it carries none for it, or one of another version of the source. Throws CHECKSUM_MISMATCH.
 */
export async function packedProbe(
  architecture: string,
  folder = packedFolder(),
): Promise<Buffer | undefined> {
  const packed = await readManifest(folder);
  const wanted = packed?.source === probeKey() ? packed.sha256[architecture] : undefined;
  if (wanted === undefined) return undefined;
  const path = packedPath(folder, architecture);
  try {
    const program = await promisify(gunzip)(await readFile(path));
    if (sha256(program) === wanted) return program;
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

const damaged = (path: string, cause?: unknown): IsthmusError =>
  new IsthmusError('CHECKSUM_MISMATCH', `${path} is not the request probe that was packed`, {
    hint: 'install isthmus again; in a checkout: npm run build',
    cause,
  });

async function readManifest(folder: string): Promise<PackedProbes | undefined> {
  const text = await readIfThere(manifestOf(folder));
  return text === undefined ? undefined : (JSON.parse(text) as PackedProbes);
}

/** Put programs into a folder of packed ones, by Go's name of their architecture; returns their packed sizes in bytes. */
export async function packProbes(
  programs: ReadonlyMap<string, Buffer>,
  folder = packedFolder(),
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const [architecture, program] of programs) {
    const packed = await promisify(gzip)(program, { level: 9 });
    await writeWhole(packedPath(folder, architecture), packed, { mode: 0o644 });
    sizes.set(architecture, packed.length);
  }
  const sums = [...programs].map(([architecture, program]) => [architecture, sha256(program)]);
  const manifest: PackedProbes = { source: probeKey(), sha256: Object.fromEntries(sums) };
  // Last, so that what it names is there.
  await writeWhole(manifestOf(folder), `${JSON.stringify(manifest)}\n`, { mode: 0o644 });
  return sizes;
}

/** Whether a package carries the probe of this version of the source for all of these. */
export async function isPacked(architectures: readonly string[], folder = packedFolder()): Promise<boolean> {
  const packed = await readManifest(folder);
  return packed?.source === probeKey() && architectures.every((one) => packed.sha256[one] !== undefined);
}
