import { type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateInfo } from '../certificate-info.ts';
import { isCertificateOf } from '../chain.ts';

/**
 * The path from what signs to its self-signed root, out of certificates in any order, among which others may
 * be: it begins with the certificate of this key, else with the first, and each is followed by who signed it. As
 * long as it gets where the root is missing.
 */
export function certificatePath(
  all: readonly CertificateInfo[],
  publicKey: KeyObject | undefined,
): CertificateInfo[] {
  const own = publicKey && all.filter((info) => isCertificateOf(info, publicKey));
  const starts = own && own.length > 0 ? own : all.slice(0, 1);
  const paths = starts.map((start) => pathFrom(start, withoutSame(all, start)));
  return paths.find((path) => path.at(-1)?.selfSigned) ?? paths[0] ?? [];
}

function pathFrom(start: CertificateInfo, rest: readonly CertificateInfo[]): CertificateInfo[] {
  if (start.selfSigned) return [start];
  const above = rest
    .filter((other) => isSignedBy(start, other))
    .map((issuer) => pathFrom(issuer, withoutSame(rest, issuer)));
  const best = above.find((path) => path.at(-1)?.selfSigned) ?? above[0] ?? [];
  return [start, ...best];
}

const withoutSame = (all: readonly CertificateInfo[], one: CertificateInfo) =>
  all.filter(({ fingerprintSha256 }) => fingerprintSha256 !== one.fingerprintSha256);

/** By name and signature alone: what else does not fit is said of the pair, not taken for a missing link. */
export function isSignedBy(certificate: CertificateInfo, issuer: CertificateInfo): boolean {
  return (
    certificate.issuer === issuer.subject &&
    new X509Certificate(certificate.pem).verify(new X509Certificate(issuer.pem).publicKey)
  );
}
