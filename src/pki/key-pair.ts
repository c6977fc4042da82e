import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import type { TrustSpec } from '../topology/index.ts';

export type KeyAlgorithm = TrustSpec['algorithm'];

/** A fresh key pair. PEM: the private key as unencrypted PKCS#8, the public key as SPKI. */
export interface KeyPair {
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

/** A private key that can sign, with the algorithm that fits it. */
export interface SigningKey {
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: { name: string; hash: string };
}

type ImportAlgorithm =
  | { name: 'ECDSA'; namedCurve: string; hash: string }
  | { name: 'RSASSA-PKCS1-v1_5'; hash: string };

const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
});

const parameters = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256' },
  'rsa-2048': rsa(2048),
  'rsa-4096': rsa(4096),
} as const satisfies Record<KeyAlgorithm, object>;

const curves: Readonly<Record<string, { namedCurve: string; hash: string; label: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256', label: 'ecdsa-p256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384', label: 'ecdsa-p384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512', label: 'ecdsa-p521' },
};

/**
 * Make a key pair. The private key is PKCS#8 (`PRIVATE KEY`), which istiod, Kubernetes and etcd all
 * read for both RSA and ECDSA.
 */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  const { subtle } = globalThis.crypto;
  const pair = (await subtle.generateKey(parameters[algorithm], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const privateKey = await subtle.exportKey('pkcs8', pair.privateKey);
  const publicKey = await subtle.exportKey('spki', pair.publicKey);
  return { privateKeyPem: pem('PRIVATE KEY', privateKey), publicKeyPem: pem('PUBLIC KEY', publicKey) };
}

/** Prepare a PEM private key (ECDSA P-256, P-384, P-521 or RSA) for signing certificates. */
export async function signingKeyOf(privateKeyPem: string): Promise<SigningKey> {
  const key = createPrivateKey(privateKeyPem);
  const algorithm = importAlgorithmOf(key);
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const imported = await globalThis.crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  return { key: imported, algorithm: { name: algorithm.name, hash: algorithm.hash } };
}

/** The public half of a PEM private or public key, ready to be put into a certificate. */
export async function publicKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const key = createPublicKey(keyPem);
  const der = key.export({ format: 'der', type: 'spki' });
  return globalThis.crypto.subtle.importKey('spki', der, importAlgorithmOf(key), true, ['verify']);
}

/** `ecdsa-p256`, `rsa-2048`, …; whatever Node calls it when it is neither. */
export function algorithmNameOf(key: KeyObject): string {
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ec') {
    const curve = key.asymmetricKeyDetails?.namedCurve ?? 'unknown';
    return curves[curve]?.label ?? `ecdsa-${curve}`;
  }
  return type === 'rsa' ? `rsa-${key.asymmetricKeyDetails?.modulusLength}` : type;
}

/** True for the keys that Envoy, istiod and this room can all sign and verify with. */
export function isUsableForSigning(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'rsa') return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  return key.asymmetricKeyType === 'ec' && (key.asymmetricKeyDetails?.namedCurve ?? '') in curves;
}

function importAlgorithmOf(key: KeyObject): ImportAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (!curve) throw new TypeError(`no signing algorithm for a key of type ${algorithmNameOf(key)}`);
  return { name: 'ECDSA', namedCurve: curve.namedCurve, hash: curve.hash };
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
