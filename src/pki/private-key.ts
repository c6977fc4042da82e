import { createPrivateKey, type KeyObject } from 'node:crypto';

/** A private key, or the one sentence that says why it is none. Never contains any of the key. */
export type ParsedKey =
  | { readonly key: KeyObject; readonly fault?: undefined }
  | { readonly key?: undefined; readonly fault: string };

/**
 * Read a PEM private key: PKCS#8, SEC1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`), plain or encrypted.
 * @param passphrase of an encrypted one; not looked at otherwise
 */
export function parsePrivateKey(pem: string, passphrase?: string): ParsedKey {
  const label = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----/.exec(pem)?.[1];
  if (!label) return { fault: 'holds no PEM private key' };
  const isEncrypted = isEncryptedKey(pem);
  if (isEncrypted && passphrase === undefined)
    return { fault: 'is encrypted with a passphrase, which was not given' };
  try {
    // From the key's own block on: openssl writes EC PARAMETERS before it, which is not a key.
    const key = pem.slice(pem.indexOf(`-----BEGIN ${label}-----`));
    return { key: createPrivateKey(isEncrypted ? { key, passphrase } : key) };
  } catch {
    // The cause is left out on purpose: a parser's error may quote what it read.
    const fault = isEncrypted ? 'cannot be opened with this passphrase' : `has a damaged ${label} block`;
    return { fault };
  }
}

/** Does a PEM private key need a passphrase to be read? */
export const isEncryptedKey = (pem: string): boolean =>
  /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem);
