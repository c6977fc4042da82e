import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isIsthmusError } from '../../../src/errors/index.ts';
import {
  createRoot,
  issueIntermediate,
  issueLeaf,
  loadRoot,
  toSecretData,
  verifyAuthority,
} from '../../../src/pki/index.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const where = { file: 'mesh.yaml', line: 12, path: 'spec.trust.root' };
const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
const pathLengthZero = await issueIntermediate({
  root,
  cluster: 'x',
  meshName: 'm',
  days: 9,
  algorithm: 'ecdsa-p256',
});
const leaf = await issueLeaf({ issuer: root, commonName: 'leaf', usages: ['server'], days: 9 });
const old = await createRoot({ algorithm: 'ecdsa-p256', years: 1, now: new Date('2020-01-01') });
const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

function refusalOf(certificatePem: string, keyPem: string) {
  try {
    loadRoot({ certificatePem, keyPem, where });
  } catch (error) {
    if (isIsthmusError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('loadRoot', () => {
  it.each([
    ['pkcs8', root.keyPem],
    ['sec1', createPrivateKey(root.keyPem).export({ format: 'pem', type: 'sec1' }) as string],
  ])('takes a key in %s and hands it on as PKCS#8', (_, keyPem) => {
    const loaded = loadRoot({ certificatePem: root.certificatePem, keyPem, where });
    expect(loaded).toEqual(root);
  });

  it('collects every fault, at the place of the setting', () => {
    const error = refusalOf(leaf.certificatePem, root.keyPem);
    expect(error.code).toBe('CA_INVALID');
    expect(error.where).toBe(where);
    expect(error.problems.map((problem) => problem.message)).toEqual([
      '"CN=leaf" is not a CA: its basic constraints lack CA:TRUE',
      '"CN=leaf" may not sign certificates: its key usage lacks keyCertSign',
      'the chain ends in "CN=leaf", which is not self-signed',
      'the key does not belong to "CN=leaf"',
    ]);
  });

  it.each([
    ['an empty file', { certificatePem: '', keyPem: root.keyPem, message: /holds no PEM certificate/ }],
    [
      'an expired root',
      { certificatePem: old.certificatePem, keyPem: old.keyPem, message: /expired on 2020-12-31/ },
    ],
    [
      'a foreign key',
      { certificatePem: root.certificatePem, keyPem: old.keyPem, message: /the key does not belong to/ },
    ],
    [
      'no key',
      {
        certificatePem: root.certificatePem,
        keyPem: root.certificatePem,
        message: /holds no PEM private key/,
      },
    ],
    [
      'a key of the wrong kind',
      {
        certificatePem: root.certificatePem,
        keyPem: ed25519,
        message: /a key of type ed25519 cannot sign for the mesh/,
      },
    ],
    [
      'a path length that leaves no room',
      {
        certificatePem: pathLengthZero.certificatePem + root.certificatePem,
        keyPem: pathLengthZero.keyPem,
        message: /allows 0 CAs below it, but 1 must follow/,
      },
    ],
  ])('refuses %s', (_title, { certificatePem, keyPem, message }) => {
    expect(refusalOf(certificatePem, keyPem).message).toMatch(message);
  });

  it.runIf(hasOpenssl)('says what to do about an encrypted key, without any of it', () => {
    const encrypted = openssl(['pkcs8', '-topk8', '-in', 'key.pem', '-passout', 'pass:secret'], {
      'key.pem': root.keyPem,
    });
    const error = refusalOf(root.certificatePem, encrypted);
    expect(error.message).toBe('the key file is encrypted with a passphrase, which was not given');
    expect(error.hint).toContain('passphraseFile');
  });

  it.runIf(hasOpenssl)('anchors a mesh in a root that openssl made, through an issuing CA', async () => {
    const made = openssl([
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
      '-nodes',
      '-keyout',
      '-',
      '-out',
      '-',
      '-subj',
      '/O=Example/CN=Corporate root',
      '-days',
      '3650',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ]);
    const corporate = loadRoot({ certificatePem: made, keyPem: made, where });
    const cluster = await issueIntermediate({
      root: corporate,
      cluster: 'a',
      meshName: 'm',
      days: 365,
      algorithm: 'ecdsa-p256',
    });
    expect(verifyAuthority(toSecretData(cluster, corporate))).toEqual([]);
  });
});
