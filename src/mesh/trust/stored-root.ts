import { issuerOf } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import { lazy } from './lazy.ts';
import type { LiveTrust } from './live-trust.ts';
import { createMeshRoot, rootAuthorityFolder, type StoredRoot, storedRoots } from './root-authority.ts';
import type { RootSource, SourceOptions } from './root-source.ts';

/** A root that isthmus made and keeps on this machine. */
export function storedSource({ topology, live }: SourceOptions): RootSource {
  const found = lazy(() => storedRootOf(topology, live));
  return {
    kind: 'isthmus',
    place: `in ${rootAuthorityFolder(topology)}`,
    async identify() {
      const { fingerprint } = (await found()) ?? {};
      return fingerprint === undefined
        ? { state: 'unknown', reason: undefined }
        : { state: 'known', fingerprint };
    },
    async open() {
      const root = await (await found())?.open();
      return root && issuerOf(root);
    },
    make: async () => issuerOf(await createMeshRoot(topology)),
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
