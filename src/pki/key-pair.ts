import type { KeyObject, webcrypto } from 'node:crypto';
import type { TrustSpec } from '../topology/index.ts';

export type KeyAlgorithm = TrustSpec['algorithm'];

/** A fresh key pair. PEM: the private key as unencrypted PKCS#8, the public key as SPKI. */
export interface KeyPair {
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

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

/** How a key signs certificates, in WebCrypto's names. Throws TypeError for a key that cannot sign for a mesh. */
export function signatureAlgorithmOf(key: KeyObject): { name: string; hash: string; namedCurve?: string } {
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
