import { isIsthmusError } from '../errors/index.ts';
import { type CertificateInfo, parseBundle } from './certificate-info.ts';
import { isIssuedBy } from './chain.ts';

/**
 * The self-signed root below which the CA of a `cacerts` signs: the top of its chain, or the root
 * that signed the top. Undefined if what is there cannot be read or leads to none.
 */
export function anchorOf(data: Readonly<Record<string, string | undefined>>): CertificateInfo | undefined {
  const roots = readable(data['root-cert.pem']);
  const chain = readable(data['cert-chain.pem']);
  const top = chain.at(-1) ?? readable(data['ca-cert.pem']).at(-1);
  if (!top) return undefined;
  return top.selfSigned ? top : roots.find((root) => isIssuedBy(top, root));
}

/** The certificates of a PEM text; none if any of them is broken. */
export function readable(pem: string | undefined): CertificateInfo[] {
  try {
    return parseBundle(pem ?? '');
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    return [];
  }
}
