import { IsthmusError } from '../errors/index.ts';
import { authoritySource } from '../istio/index.ts';
import { anchorOf, type CertificateInfo, parseBundle } from '../pki/index.ts';
import { allOf } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';

/** What a cluster's `cacerts` says of where a rotation stands. All of it is read from certificates. */
export interface ClusterTrust {
  readonly cluster: string;
  /** SHA-256 of the root that the signing certificate descends from; undefined if its chain reaches none. */
  readonly signer: string | undefined;
  /** SHA-256 of the trusted roots, in their order, repetitions included. */
  readonly roots: readonly string[];
}

/** {@link ClusterTrust} with the decoded Secret that it was read from. */
export interface TrustObservation extends ClusterTrust {
  readonly live: MeshCluster;
  readonly data: Readonly<Record<string, string>>;
  readonly certificates: readonly CertificateInfo[];
}

/** Read every cluster's `cacerts`. CA_INVALID if a cluster has none: there is nothing to rotate then. */
export function observeTrust(
  clusters: readonly MeshCluster[],
  signal: AbortSignal,
): Promise<TrustObservation[]> {
  return allOf(clusters.map((cluster) => observeAuthority(cluster, signal)));
}

async function observeAuthority(live: MeshCluster, signal: AbortSignal): Promise<TrustObservation> {
  const cluster = live.spec.name;
  const { kind, data, object } = await authoritySource(live, { signal });
  if (kind !== 'cacerts' || !data)
    throw new IsthmusError(
      'CA_INVALID',
      `${cluster} does not sign with a Secret cacerts, but by ${object} (${kind})`,
      {
        hint: 'only an authority that isthmus plugged in can be rotated; run isthmus up first',
      },
    );
  const certificates = parseBundle(data['root-cert.pem'] ?? '');
  const roots = certificates.map(({ fingerprintSha256 }) => fingerprintSha256);
  const top = anchorOf(data)?.fingerprintSha256;
  return { cluster, live, data, certificates, roots, signer: top && roots.includes(top) ? top : undefined };
}
