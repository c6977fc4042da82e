import { createPrivateKey, type KeyObject } from 'node:crypto';

/** A private key, or the one sentence that says why it is none. Never contains any of the key. */
export type ParsedKey =
  | { readonly key: KeyObject; readonly fault?: undefined }
  | { readonly key?: undefined; readonly fault: string };

/** Read a PEM private key: PKCS#8, SEC1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`), not encrypted. */
export function parsePrivateKey(pem: string): ParsedKey {
  const label = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/.exec(pem)?.[1];
  if (!label) return { fault: 'holds no PEM private key' };
  if (label.startsWith('ENCRYPTED') || /Proc-Type: 4,ENCRYPTED/.test(pem))
    return { fault: 'is encrypted with a passphrase, which istiod cannot read' };
  try {
    // From the key's own block on: openssl writes EC PARAMETERS before it, which is not a key.
    return { key: createPrivateKey(pem.slice(pem.indexOf(`-----BEGIN ${label}-----`))) };
  } catch {
    // The cause is left out on purpose: a parser's error may quote what it read.
    return { fault: `has a damaged ${label} block` };
  }
}
