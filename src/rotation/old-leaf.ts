import { authorityIn, type Credential, issueLeaf } from '../pki/index.ts';
import type { Topology } from '../topology/index.ts';
import type { TrustObservation } from './observation.ts';

/** A certificate as the sleep sample has one, of the authority that a cluster has now. It stays in memory. */
export function leafOf(observation: TrustObservation, { trustDomain }: Topology): Promise<Credential> {
  return issueLeaf({
    issuer: authorityIn(observation.data),
    commonName: 'certificate of a rotation',
    uris: [`spiffe://${trustDomain}/ns/sample/sa/sleep`],
    usages: ['client', 'server'],
    days: 1,
  });
}

/** A certificate of an authority that is to be trusted no more; undefined if no cluster signs with it still. */
export async function oldLeaf(
  observations: readonly TrustObservation[],
  { topology, target }: { topology: Topology; target: string },
): Promise<Credential | undefined> {
  const old = observations.find(({ signer }) => signer !== undefined && signer !== target);
  return old && leafOf(old, topology);
}
