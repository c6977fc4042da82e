import { rename, rm } from 'node:fs/promises';
import { type Authority, rootFingerprint } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { LiveTrust } from './live-trust.ts';
import { nextRootFolder, readRoot, rootAuthorityFolder, storedRoots, storeRoot } from './root-authority.ts';

/** The root that a rotation goes to, if one was begun on this machine. */
export function nextRoot(topology: Topology): Promise<Authority | undefined> {
  return readRoot(nextRootFolder(topology));
}

/** The roots of this machine that a rotation is between. */
export interface RootsBetween {
  /** The one that clusters leave. */
  readonly present: Authority | undefined;
  /** The one that they go to, if a rotation was begun here. */
  readonly next: Authority | undefined;
}

/**
 * By the fingerprints that clusters have; once none has the root that is left any more, the one in the place of the
 * mesh's. Killed between the two renames that end a rotation, isthmus leaves a next root that clusters
 * trust alone, and none in its place: that is brought to its end first.
 */
export async function rootsBetween(topology: Topology, live: readonly LiveTrust[]): Promise<RootsBetween> {
  const next = await nextRoot(topology);
  const roots = await storedRoots(topology);
  const trusted = new Set(
    live.flatMap((one) => one.trusted.map(({ fingerprintSha256 }) => fingerprintSha256)),
  );
  const goal = next && rootFingerprint(next);
  const isThrough = goal !== undefined && trusted.size === 1 && trusted.has(goal);
  if (isThrough && !roots.some(({ current }) => current)) {
    await promoteNextRoot(topology);
    return { present: next, next: undefined };
  }
  const others = roots.filter(({ fingerprint }) => fingerprint !== goal);
  const left =
    others.find(({ fingerprint }) => trusted.has(fingerprint)) ?? others.find(({ current }) => current);
  return { present: await left?.open(), next };
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
  const archive = before && `${folder}-${rootFingerprint(before).slice(0, 16)}`;
  if (archive) await rename(folder, archive);
  await rename(nextRootFolder(topology), folder);
  return archive;
}

/** Forget a root that no cluster trusts. */
export async function dropNextRoot(topology: Topology): Promise<void> {
  await rm(nextRootFolder(topology), { recursive: true, force: true });
}
