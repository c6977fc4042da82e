import { type CertificateInfo, parseBundle } from '../pki/index.ts';

/** These certificates as one file, once each, in this order. */
export function rootFile(...sources: readonly (readonly CertificateInfo[])[]): string {
  return unique(sources.flat())
    .map(({ pem }) => pem)
    .join('');
}

/**
 * The same roots in a file whose bytes differ from those in place. istiod and the proxies compare
 * root files byte by byte: only a changed one makes every proxy ask for a new certificate at once
 * (trustbundle.go and secretcache.go of Istio). A repeated block changes bytes and no trust, as the
 * file root-cert-combined-2.pem of Istio's own rotation test does.
 */
export function changedBytes(roots: readonly CertificateInfo[], before: string): string {
  const plain = rootFile(roots);
  const last = unique(roots).at(-1)?.pem ?? '';
  return sameBlocks(plain, before) ? plain + last : plain;
}

function unique(certificates: readonly CertificateInfo[]): CertificateInfo[] {
  return [...new Map(certificates.map((one) => [one.fingerprintSha256, one])).values()];
}

const sameBlocks = (one: string, other: string): boolean => blocks(one) === blocks(other);
const blocks = (text: string): string =>
  parseBundle(text)
    .map(({ fingerprintSha256 }) => fingerprintSha256)
    .join();
