import { describe, expect, it } from 'vitest';
import {
  commonRoots,
  createRoot,
  generateKeyPair,
  issueIntermediate,
  issueLeaf,
  sameRoots,
  toSecretData,
  verifyAuthority,
} from '../../../src/pki/index.ts';

const now = new Date('2026-03-01T00:00:00Z');
const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10, now });
const otherRoot = await createRoot({ algorithm: 'ecdsa-p256', years: 10, now });
const options = { meshName: 'demo', days: 730, algorithm: 'ecdsa-p256', now } as const;
const intermediate = await issueIntermediate({ ...options, root, cluster: 'eks-1' });
const good = toSecretData(intermediate, root);
const leaf = await issueLeaf({ issuer: root, commonName: 'no-ca', usages: ['server'], days: 700, now });
const strangerKey = (await generateKeyPair('ecdsa-p256')).privateKeyPem;

const findingsOf = (change: Partial<Record<keyof typeof good, string | undefined>>, at = now) =>
  verifyAuthority({ ...good, ...change }, { now: at }).map((one) => `${one.severity} ${one.message}`);

describe('verifyAuthority', () => {
  it('finds nothing in what toSecretData made, with one root or two', () => {
    expect(verifyAuthority(good, { now })).toEqual([]);
    expect(verifyAuthority(toSecretData(intermediate, [otherRoot, root]), { now })).toEqual([]);
  });

  it('accepts a root used as the CA itself', () => {
    const self = {
      'ca-cert.pem': root.certificatePem,
      'ca-key.pem': root.keyPem,
      'cert-chain.pem': root.certificatePem,
    };
    expect(findingsOf(self)).toEqual([]);
  });

  it.each([
    ['an absent key', { 'ca-key.pem': undefined }, ['fail ca-key.pem is missing or empty']],
    ['an empty chain', { 'cert-chain.pem': ' \n' }, ['fail cert-chain.pem is missing or empty']],
    ['text that is no PEM', { 'root-cert.pem': 'hello' }, ['fail root-cert.pem holds no PEM certificate']],
    [
      'a damaged certificate',
      { 'root-cert.pem': root.certificatePem.replace(/\n.{10}/, '\nAAAAAAAAAA') },
      ['fail root-cert.pem holds a certificate that cannot be decoded'],
    ],
    ['another key', { 'ca-key.pem': strangerKey }, ['fail ca-key.pem does not belong to ca-cert.pem']],
    [
      'an encrypted key',
      { 'ca-key.pem': '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n' },
      ['fail ca-key.pem is encrypted with a passphrase, which istiod cannot read'],
    ],
    [
      'the wrong root',
      { 'root-cert.pem': otherRoot.certificatePem },
      ['fail root-cert.pem does not hold the root that signed ca-cert.pem'],
    ],
    [
      'a chain in the wrong order',
      { 'cert-chain.pem': root.certificatePem + intermediate.certificatePem },
      [
        'fail cert-chain.pem does not begin with ca-cert.pem',
        'fail cert-chain.pem is out of order: each certificate must be followed by its issuer',
        'fail cert-chain.pem has an issuer that allows 0 CAs below it, but 1 must follow',
      ],
    ],
    [
      'a leaf instead of a CA',
      {
        'ca-cert.pem': leaf.certificatePem,
        'ca-key.pem': leaf.keyPem,
        'cert-chain.pem': leaf.certificatePem + leaf.chainPem,
      },
      [
        'fail ca-cert.pem is not a CA: its basic constraints lack CA:TRUE',
        'fail ca-cert.pem may not sign certificates: its key usage lacks keyCertSign',
      ],
    ],
  ])('names %s', (_, change, expected) => {
    expect(findingsOf(change)).toEqual(expected);
  });

  it.each([
    ['2027-12-01', []],
    ['2028-01-15', ['warn ca-cert.pem expires on 2028-02-29, in 45 days; renewal was due on 2027-06-30']],
    ['2028-03-01', ['fail ca-cert.pem expired on 2028-02-29']],
    [
      '2026-02-01',
      [
        'fail ca-cert.pem is not valid before 2026-02-28T23:55:00.000Z',
        'fail root-cert.pem is not valid before 2026-02-28T23:55:00.000Z',
      ],
    ],
  ])('on %s says %j', (date, expected) => {
    expect(findingsOf({}, new Date(date))).toEqual(expected);
  });

  it('never repeats a key', () => {
    const broken = intermediate.keyPem.replace(/\n.{4}/, '\n!!!!');
    const said = JSON.stringify(verifyAuthority({ ...good, 'ca-key.pem': broken }, { now }));
    expect(said).toContain('damaged');
    for (const line of broken.split('\n').filter((one) => one.length > 20 && !one.includes('-----')))
      expect(said).not.toContain(line);
  });
});

describe('sameRoots', () => {
  const [a, b] = [root.certificatePem, otherRoot.certificatePem];
  it.each([
    [a, a, true],
    [a + b, b + a, true],
    [a + a, `# comment\r\n${a.replaceAll('\n', '\r\n')}`, true],
    [a, b, false],
    [a, a + b, false],
    ['', '', false],
  ])('case %#', (left, right, expected) => {
    expect(sameRoots(left, right)).toBe(expected);
  });

  it('commonRoots tells which are shared', () => {
    expect(commonRoots(a + b, b).map((info) => info.pem)).toEqual([b]);
  });
});
