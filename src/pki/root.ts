import { randomBytes } from 'node:crypto';
import type { Authority } from './authority.ts';
import { DAY_MS, issue } from './issue.ts';
import { generateKeyPair, type KeyAlgorithm } from './key-pair.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from './x509.ts';

export interface RootOptions {
  /** Common name; a random suffix is added, since two roots of one name confuse chain building during a rotation. */
  readonly subject?: string | undefined;
  readonly algorithm: KeyAlgorithm;
  readonly years: number;
  readonly now?: Date | undefined;
}

/** Make a self-signed root with a key of its own. */
export async function createRoot(options: RootOptions): Promise<Authority> {
  const { privateKeyPem } = await generateKeyPair(options.algorithm);
  const name = `${options.subject ?? 'isthmus root'} ${randomBytes(4).toString('hex')}`;
  const certificatePem = await issue({
    subject: [{ O: ['isthmus'] }, { CN: [name] }],
    keyPem: privateKeyPem,
    issuer: undefined,
    lifeMs: options.years * 365.25 * DAY_MS,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
    now: options.now,
  });
  return { kind: 'root', certificatePem, keyPem: privateKeyPem, chainPem: '' };
}
