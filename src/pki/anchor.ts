import { isIsthmusError } from '../errors/index.ts';
import { type CertificateInfo, parseBundle } from './certificate-info.ts';
import { certificatePath } from './rules/certificate-path.ts';

/**
 * The self-signed root below which the CA of a `cacerts` signs, in whatever order its chain is. Undefined if
 * what is there cannot be read or leads to none.
 */
export function anchorOf(data: Readonly<Record<string, string | undefined>>): CertificateInfo | undefined {
  const [own] = readable(data['ca-cert.pem']);
  const others = [...readable(data['cert-chain.pem']), ...readable(data['root-cert.pem'])];
  const top = topOf(own ? [own, ...others] : others);
  return top?.selfSigned ? top : undefined;
}

/**
 * The highest certificate to which signatures lead from the first one, a self-signed one if it is there. The others may
 * be in any order, and among them such as have nothing to do with it.
 */
export const topOf = (certificates: readonly CertificateInfo[]): CertificateInfo | undefined =>
  certificatePath(certificates, undefined).at(-1);

/** The certificates of a PEM text; none if any of them is broken. */
export function readable(pem: string | undefined): CertificateInfo[] {
  try {
    return parseBundle(pem ?? '');
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    return [];
  }
}
