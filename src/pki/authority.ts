/**
 * A certificate with its private key, all PEM. The key is a secret: never put it into an event, a
 * message or a file that others can read.
 */
export interface Credential {
  readonly certificatePem: string;
  /** PKCS#8, not encrypted. */
  readonly keyPem: string;
  /** The issuers above the certificate, nearest first, ending with the self-signed root; empty for a root. */
  readonly chainPem: string;
}

/** A {@link Credential} that may sign others. */
export interface Authority extends Credential {
  readonly kind: 'root' | 'intermediate';
}
