import { createPublicKey, type KeyObject } from 'node:crypto';
import { readable, topOf } from './anchor.ts';
import type { CertificateInfo } from './certificate-info.ts';
import { isUsableForSigning } from './key-pair.ts';
import { parsePrivateKey } from './private-key.ts';
import { certificatePath, isSignedBy } from './rules/certificate-path.ts';

/**
 * The self-signed root to which the chain of a file's signing certificate leads, wherever they and others stand in
 * it. Undefined where the file leads to none, or to several and no key tells which.
 * @param keyPem of the signing certificate, where it is at hand; one that cannot be read tells nothing
 */
export function namedRoot(certificatePem: string, keyPem?: string | undefined): CertificateInfo | undefined {
  const all = readable(certificatePem);
  const key = keyPem === undefined ? undefined : publicHalf(keyPem);
  const tops = key
    ? certificatePath(all, key).slice(-1)
    : signersAmong(all).flatMap((one) => topOf([one, ...all]) ?? []);
  const roots = new Map(tops.map((top) => [top.fingerprintSha256, top]));
  const [root] = roots.values();
  return roots.size === 1 && root?.selfSigned ? root : undefined;
}

function publicHalf(keyPem: string): KeyObject | undefined {
  const { key } = parsePrivateKey(keyPem);
  return key && isUsableForSigning(key) ? createPublicKey(key) : undefined;
}

/** What may sign for the mesh: below others, and above none of the file; else the roots. */
function signersAmong(all: readonly CertificateInfo[]): readonly CertificateInfo[] {
  const signers = all.filter((one) => !one.selfSigned && !all.some((other) => isSignedBy(other, one)));
  return signers.length > 0 ? signers : all.filter(({ selfSigned }) => selfSigned);
}
