import { type Issuer, issuerOf } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import { fileRoot, fileRootFingerprint } from './file-root.ts';
import type { LiveTrust } from './live-trust.ts';
import { type StoredRoot, storedRoots } from './root-authority.ts';

/** Where the mesh's root is, asked only as far as a step needs it. */
export interface RootSource {
  readonly kind: 'isthmus' | 'files';
  /** SHA-256 of the root, if that can be told without its key. */
  fingerprint(): Promise<string | undefined>;
  /** Who signs; undefined if nobody can from here. Throws CA_INVALID for one that cannot anchor a mesh. */
  open(): Promise<Issuer | undefined>;
}

/** The source that the file names, or what isthmus keeps on this machine for the root that clusters have. */
export function rootSource(topology: Topology, live: readonly LiveTrust[]): RootSource {
  return topology.trust.root ? files(topology) : stored(topology, live);
}

const files = (topology: Topology): RootSource => ({
  kind: 'files',
  fingerprint: () => fileRootFingerprint(topology),
  open: async () => optionalIssuer(await fileRoot(topology)),
});

function stored(topology: Topology, live: readonly LiveTrust[]): RootSource {
  const found = storedRootOf(topology, live);
  return {
    kind: 'isthmus',
    fingerprint: async () => (await found)?.fingerprint,
    open: async () => optionalIssuer((await found)?.root),
  };
}

/**
 * By the fingerprint that clusters have. Where none has one, a root that an `up` made and did not come
 * to use; the one in use only while clusters cannot be looked at that may have it.
 */
export async function storedRootOf(
  topology: Topology,
  live: readonly LiveTrust[],
): Promise<StoredRoot | undefined> {
  const roots = await storedRoots(topology);
  const { fingerprint: pin } = topology.trust;
  if (pin !== undefined) return roots.find(({ fingerprint }) => fingerprint === pin);
  const used = new Set(live.flatMap((one) => one.anchor?.fingerprintSha256 ?? []));
  const trusted = new Set(
    live.flatMap((one) => one.trusted.map(({ fingerprintSha256 }) => fingerprintSha256)),
  );
  const known =
    roots.find(({ fingerprint }) => used.has(fingerprint)) ??
    roots.find(({ fingerprint }) => trusted.has(fingerprint));
  if (known || trusted.size + used.size > 0) return known;
  const blind = live.some(({ unseen }) => unseen !== undefined);
  return roots.find(({ current, inUse }) => current && (blind || !inUse));
}

const optionalIssuer = (root: Parameters<typeof issuerOf>[0] | undefined) => root && issuerOf(root);
