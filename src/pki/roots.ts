import { type CertificateInfo, parseBundle } from './certificate-info.ts';

/** Do two PEM bundles hold the same set of certificates? Order, repetition and comments do not matter; two empty ones do not agree. */
export function sameRoots(a: string, b: string): boolean {
  const left = fingerprints(a);
  const right = fingerprints(b);
  return left.size > 0 && left.size === right.size && [...left].every((print) => right.has(print));
}

/** The certificates that both bundles hold: without one, workloads of the two sides refuse each other. */
export function commonRoots(a: string, b: string): CertificateInfo[] {
  const right = fingerprints(b);
  return parseBundle(a).filter((info) => right.has(info.fingerprintSha256));
}

const fingerprints = (bundle: string) => new Set(parseBundle(bundle).map((info) => info.fingerprintSha256));
