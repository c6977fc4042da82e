import { createHash, randomBytes } from 'node:crypto';
import type { Authority } from './authority.ts';
import { DAY_MS, issue, serialOf } from './issue.ts';
import { generateKeyPair, type KeyAlgorithm } from './key-pair.ts';
import { type Signer, signerOf } from './signer.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from './x509.ts';

export interface RootOptions {
  /** Common name; a suffix is added, since two roots of one name confuse chain building during a rotation. */
  readonly subject?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly years: number;
  readonly now?: Date | undefined;
}

/** Make a self-signed root with a key of its own. */
export async function createRoot(options: RootOptions): Promise<Authority> {
  const { privateKeyPem } = await generateKeyPair(options.algorithm);
  const suffix = randomBytes(4).toString('hex');
  const certificatePem = await rootCertificateOf(signerOf(privateKeyPem), { ...options, suffix });
  return { kind: 'root', certificatePem, keyPem: privateKeyPem, chainPem: '' };
}

/**
 * The root certificate of a key that is elsewhere, PEM, signed by that key. Name and serial follow from the
 * key, and its life begins with the month, so that two who make it at once differ at most in the
 * signature: RSA gives them the same bytes. Throws what the signer throws.
 */
export function selfSignedRoot(
  signer: Signer,
  options: Pick<RootOptions, 'subject' | 'years' | 'now'>,
): Promise<string> {
  const today = options.now ?? new Date();
  const now = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth()));
  const key = signer.publicKey.export({ format: 'der', type: 'spki' });
  const suffix = createHash('sha256').update(key).digest('hex').slice(0, 8);
  const serial = serialOf(createHash('sha256').update(key).update(now.toISOString()).digest());
  return rootCertificateOf(signer, { ...options, now, suffix, serial });
}

interface RootContent extends Pick<RootOptions, 'subject' | 'years' | 'now'> {
  readonly suffix: string;
  readonly serial?: string;
}

function rootCertificateOf(signer: Signer, content: RootContent): Promise<string> {
  const { subject = 'isthmus root', suffix, years, now, serial } = content;
  return issue({
    subject: [{ O: ['isthmus'] }, { CN: [`${subject} ${suffix}`] }],
    keyPem: signer.publicKey.export({ format: 'pem', type: 'spki' }) as string,
    signer,
    issuerPem: undefined,
    lifeMs: years * 365.25 * DAY_MS,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
    now,
    serial,
  });
}
