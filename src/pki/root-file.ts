import { createPrivateKey } from 'node:crypto';
import { IsthmusError } from '../errors/index.ts';
import type { Authority } from './authority.ts';
import { certificateBlocks } from './certificate-info.ts';
import { loadRoot } from './supplied-root.ts';

/**
 * A root to be carried to another machine: its certificate, then its key as PKCS#8 encrypted by
 * PBES2 with AES-256, which `openssl pkey` opens.
 */
export function sealRoot(root: Authority, passphrase: string): string {
  const key = createPrivateKey(root.keyPem).export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  return root.certificatePem + root.chainPem + key;
}

/** Open what {@link sealRoot} made. Throws CA_INVALID for a wrong passphrase or a root that cannot anchor a mesh. */
export function unsealRoot(pem: string, passphrase: string, where: string): Authority {
  const certificatePem = certificateBlocks(pem).join('');
  return loadRoot({ certificatePem, keyPem: unsealed(pem, passphrase, where), where });
}

function unsealed(pem: string, passphrase: string, file: string): string {
  const block = /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]*-----END ENCRYPTED PRIVATE KEY-----/.exec(
    pem,
  )?.[0];
  if (block === undefined)
    throw new IsthmusError('CA_INVALID', 'there is no encrypted private key', {
      where: { file },
      hint: 'give the file that isthmus trust export wrote',
    });
  try {
    return createPrivateKey({ key: block, passphrase }).export({ format: 'pem', type: 'pkcs8' }) as string;
  } catch {
    // The cause is left out on purpose: a parser's error may quote what it read.
    throw new IsthmusError('CA_INVALID', 'the key cannot be opened with this passphrase', {
      where: { file },
      hint: 'give the passphrase that the export was made with',
    });
  }
}
