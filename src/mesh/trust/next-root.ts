import { rename, rm } from 'node:fs/promises';
import { type Authority, inspect } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import { nextRootFolder, readRoot, rootAuthorityFolder, storeRoot } from './root-authority.ts';

/** The root that a rotation goes to, if one was begun on this machine. */
export function nextRoot(topology: Topology): Promise<Authority | undefined> {
  return readRoot(nextRootFolder(topology));
}

/** Is a rotation of the root under way: are there several roots that all clusters trust, or was one begun here? */
export async function isUnderRotation(topology: Topology, roots: readonly string[]): Promise<boolean> {
  return roots.length > 1 || (await nextRoot(topology)) !== undefined;
}

/** Keep the root that a rotation goes to, from just before it changes anything. */
export async function storeNextRoot(topology: Topology, root: Authority): Promise<void> {
  await storeRoot(nextRootFolder(topology), root);
}

/**
 * Make the next root the mesh's own; the one before is kept beside it, by its fingerprint. Folders are
 * renamed whole, and what reads the root finishes what a killed isthmus left half-way.
 */
export async function promoteNextRoot(topology: Topology): Promise<string | undefined> {
  const folder = rootAuthorityFolder(topology);
  const before = await readRoot(folder);
  const archive = before && `${folder}-${inspect(before.certificatePem).fingerprintSha256.slice(0, 16)}`;
  if (archive) await rename(folder, archive);
  await rename(nextRootFolder(topology), folder);
  return archive;
}

/** Forget a root that no cluster trusts. */
export async function dropNextRoot(topology: Topology): Promise<void> {
  await rm(nextRootFolder(topology), { recursive: true, force: true });
}
