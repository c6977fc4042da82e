import { createPrivateKey, createPublicKey, type KeyObject, sign, type webcrypto } from 'node:crypto';
import { algorithmNameOf, signatureAlgorithmOf } from './key-pair.ts';
import { AsnEcSignatureFormatter } from './x509.ts';

/** A private key that signs certificates, in memory or where nobody gets at it. */
export interface Signer {
  readonly publicKey: KeyObject;
  /**
   * The signature of these bytes under the hash that fits the key ({@link signatureAlgorithmOf}): PKCS#1
   * v1.5 for RSA, the DER of r and s for ECDSA, as X.509, OpenSSL and AWS KMS all have it.
   */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

/** A signer whose key is in memory. */
export function signerOf(privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem);
  const { hash } = signatureAlgorithmOf(key);
  const digest = hash.replace('-', '');
  return { publicKey: createPublicKey(key), sign: async (data) => sign(digest, data, key) };
}

/** A signer in the form in which the X.509 library takes keys: it asks a WebCrypto provider to sign. */
export interface LibrarySigner {
  readonly key: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
  readonly crypto: webcrypto.Crypto;
}

/** WebCrypto has r and s side by side where everybody else has their DER. */
export function librarySigner(signer: Signer): LibrarySigner {
  const { name, hash, namedCurve } = signatureAlgorithmOf(signer.publicKey);
  const cryptoKey = (type: webcrypto.KeyType) =>
    ({
      type,
      extractable: false,
      usages: [],
      algorithm: { name, namedCurve },
    }) as unknown as webcrypto.CryptoKey;
  const subtle = {
    sign: (_algorithm: object, _key: object, data: ArrayBuffer) => webSignature(signer, data),
    exportKey: async () => signer.publicKey.export({ format: 'der', type: 'spki' }),
  };
  return {
    key: cryptoKey('private'),
    publicKey: cryptoKey('public'),
    algorithm: { name, hash },
    crypto: { subtle } as unknown as webcrypto.Crypto,
  };
}

async function webSignature(signer: Signer, data: ArrayBuffer): Promise<ArrayBuffer> {
  const signature = Uint8Array.from(await signer.sign(new Uint8Array(data))).buffer;
  const { name, namedCurve } = signatureAlgorithmOf(signer.publicKey);
  if (namedCurve === undefined) return signature;
  const web = new AsnEcSignatureFormatter().toWebSignature({ name, namedCurve } as never, signature);
  if (!web) throw new TypeError(`no signature of a key of type ${algorithmNameOf(signer.publicKey)}`);
  return web;
}
