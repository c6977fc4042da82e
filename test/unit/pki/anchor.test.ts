import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Authority,
  anchorOf,
  createRoot,
  inspect,
  issueIntermediate,
  namedRoot,
  topOf,
  toSecretData,
} from '../../../src/pki/index.ts';
import { issue } from '../../../src/pki/issue.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';
import { signerOf } from '../../../src/pki/signer.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '../../../src/pki/x509.ts';

let root: Authority;
let stranger: Authority;
let issuing: string;
let own: string;
let data: ReturnType<typeof toSecretData>;

beforeAll(async () => {
  root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  stranger = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const { privateKeyPem: keyPem } = await generateKeyPair('ecdsa-p256');
  issuing = await issue({
    subject: [{ CN: ['issuing'] }],
    keyPem,
    signer: signerOf(root.keyPem),
    issuerPem: root.certificatePem,
    lifeMs: 86_400_000,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const authority: Authority = {
    kind: 'root',
    certificatePem: issuing,
    keyPem,
    chainPem: root.certificatePem,
  };
  const request = { cluster: 'a', meshName: 'm', days: 1, algorithm: 'ecdsa-p256' } as const;
  const intermediate = await issueIntermediate({ ...request, root: authority });
  own = intermediate.certificatePem;
  data = toSecretData(intermediate, root.certificatePem);
});

const anchored = (changes: Partial<typeof data>) => anchorOf({ ...data, ...changes })?.fingerprintSha256;
const rootPrint = () => inspect(root.certificatePem).fingerprintSha256;

describe('the root below which a CA signs', () => {
  it.each<[string, () => Partial<typeof data>]>([
    ['a chain in order', () => ({})],
    ['the root first', () => ({ 'cert-chain.pem': root.certificatePem + issuing + own })],
    ['the issuing CA last', () => ({ 'cert-chain.pem': own + root.certificatePem + issuing })],
    ['a chain without the root', () => ({ 'cert-chain.pem': own + issuing })],
    ['a chain without the CA itself', () => ({ 'cert-chain.pem': root.certificatePem + issuing })],
    [
      'another root last',
      () => ({ 'cert-chain.pem': own + issuing + root.certificatePem + stranger.certificatePem }),
    ],
    ['two trusted roots', () => ({ 'root-cert.pem': stranger.certificatePem + root.certificatePem })],
  ])('is found by who signed whom: %s', (_, changes) => {
    expect(anchored(changes())).toBe(rootPrint());
  });

  it.each<[string, () => Partial<typeof data>]>([
    [
      'nobody’s where its signer is missing',
      () => ({ 'cert-chain.pem': own + root.certificatePem, 'root-cert.pem': root.certificatePem }),
    ],
    ['unknown where the CA cannot be read', () => ({ 'ca-cert.pem': 'x', 'cert-chain.pem': 'x' })],
  ])('is %s', (_, changes) => {
    expect(anchored({ 'root-cert.pem': '', ...changes() })).toBeUndefined();
  });
});

it('the top of certificates is where signatures lead from the first, as far as they do', () => {
  const infos = (...pems: readonly string[]) => pems.map((pem) => inspect(pem));
  expect(topOf(infos(own, stranger.certificatePem, issuing))?.pem).toBe(inspect(issuing).pem);
  expect(topOf(infos(own, stranger.certificatePem))?.pem).toBe(inspect(own).pem);
  expect(topOf([])).toBeUndefined();
});

describe('the root that a file of certificates names', () => {
  const named = (pem: string, keyPem?: string) => namedRoot(pem, keyPem)?.fingerprintSha256;

  it.each<[string, () => string]>([
    ['the root alone', () => root.certificatePem],
    ['an issuing CA and its root', () => issuing + root.certificatePem],
    ['the root before the issuing CA', () => root.certificatePem + issuing],
    ['another root last', () => issuing + root.certificatePem + stranger.certificatePem],
    ['another root first', () => stranger.certificatePem + issuing + root.certificatePem],
    ['another root between', () => issuing + stranger.certificatePem + root.certificatePem],
    ['a CA of a cluster first', () => own + issuing + root.certificatePem + stranger.certificatePem],
    ['everything twice', () => (issuing + root.certificatePem).repeat(2)],
  ])('is that of the issuing CA with %s', (_, pem) => {
    expect(named(pem())).toBe(rootPrint());
  });

  it.each<[string, () => string]>([
    ['nothing', () => ''],
    [
      'a broken certificate',
      () => `${root.certificatePem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ],
    ['an issuing CA without its root', () => issuing],
    ['an issuing CA with another root', () => issuing + stranger.certificatePem],
    ['two roots', () => root.certificatePem + stranger.certificatePem],
  ])('is unknown with %s', (_, pem) => {
    expect(named(pem())).toBeUndefined();
  });

  it('is told by the key where several may be meant', () => {
    const both = stranger.certificatePem + root.certificatePem;
    expect(named(both, root.keyPem)).toBe(rootPrint());
    expect(named(both, stranger.keyPem)).toBe(inspect(stranger.certificatePem).fingerprintSha256);
    expect(named(issuing + both, 'no key')).toBe(rootPrint());
  });
});
