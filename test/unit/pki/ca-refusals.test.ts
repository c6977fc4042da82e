import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isIsthmusError } from '../../../src/errors/index.ts';
import { createRoot, loadRoot, parseBundle } from '../../../src/pki/index.ts';
import { hasOpenssl, openssl, verdicts } from './openssl.ts';
import { identifiers, type Made, make, sound, workloadBelow } from './openssl-ca.ts';

/** What is supplied: the CA that signs, and those above it up to the root. */
type Chain = readonly [Made, ...Made[]];

const ca = [...sound, ...identifiers];
const without = (start: string, ...instead: string[]) => [
  ...ca.filter((one) => !one.startsWith(start)),
  ...instead,
];
const rsa = (bits: number) => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];
const curve = (name: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`];

const root = (extensions = ca, more: object = {}) => make({ name: '/O=corp/CN=root', extensions, ...more });
const issuing = (issuer: Made, extensions = ca, more: object = {}) =>
  make({ name: '/O=corp/CN=issuing', extensions, issuer, serial: '0x4002', ...more });
/** An issuing CA with this, below a sound root. */
const below = (extensions: string[], more: object = {}): Chain => {
  const top = root();
  return [issuing(top, extensions, more), top];
};

function refusalOf(load: () => unknown): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'CA_INVALID') throw error;
    expect(error.hint).toBeTruthy();
    return error.problems.map(({ message }) => message).join('; ');
  }
}

const loadedFrom = (certificatePem: string, keyPem: string, passphrase?: string) =>
  loadRoot({ certificatePem, keyPem, passphrase, where: 'ca.pem', trustDomain: 'cluster.local' });

const isthmusSays = (chain: Chain): string | undefined =>
  refusalOf(() => loadedFrom(chain.map(({ pem }) => pem).join(''), chain[0].key));

/** What `openssl verify` says of a workload below it, as client and as server. */
function opensslSays(chain: Chain): string[] {
  const { leaf, intermediate } = workloadBelow(chain[0]);
  const untrusted = [intermediate, ...chain.slice(0, -1).map(({ pem }) => pem)].join('');
  return verdicts({ leaf, untrusted, root: chain.at(-1)?.pem ?? '', strict: false });
}

const accepts = (said: readonly string[]) => said.every((one) => one.endsWith(': OK'));

describe.runIf(hasOpenssl)('a CA that openssl verify refuses is refused', () => {
  it.each<[string, () => Chain, RegExp]>([
    [
      'a root without CA:TRUE',
      () => [root(without('basic', 'basicConstraints=critical,CA:FALSE'))],
      /lack CA:TRUE/,
    ],
    ['an issuing CA without CA:TRUE', () => below(without('basic')), /lack CA:TRUE/],
    ['an issuing CA of version 1', () => below([]), /lack CA:TRUE/],
    [
      'a root of path length 0',
      () => [root(without('basic', 'basicConstraints=CA:TRUE,pathlen:0'))],
      /allows 0 CAs/,
    ],
    [
      'an issuing CA of path length 0',
      () => below(without('basic', 'basicConstraints=CA:TRUE,pathlen:0')),
      /allows 0 CAs below it, but 1/,
    ],
    [
      'a root whose path length ends too soon',
      () => {
        const top = root(without('basic', 'basicConstraints=CA:TRUE,pathlen:1'));
        return [issuing(top), top];
      },
      /allows 1 CAs below it, but 2/,
    ],
    [
      'an issuing CA without keyCertSign',
      () => below(without('keyUsage', 'keyUsage=critical,digitalSignature')),
      /lacks keyCertSign/,
    ],
    [
      'a root without keyCertSign',
      () => [root(without('keyUsage', 'keyUsage=critical,cRLSign'))],
      /lacks keyCertSign/,
    ],
    [
      'an issuing CA for servers alone',
      () => below([...ca, 'extendedKeyUsage=serverAuth']),
      /lacks clientAuth/,
    ],
    [
      'an issuing CA for clients alone',
      () => below([...ca, 'extendedKeyUsage=clientAuth']),
      /lacks serverAuth/,
    ],
    [
      'an issuing CA for mail',
      () => below([...ca, 'extendedKeyUsage=emailProtection']),
      /lacks clientAuth and serverAuth/,
    ],
    [
      'an issuing CA for any purpose',
      () => below([...ca, 'extendedKeyUsage=anyExtendedKeyUsage']),
      /lacks clientAuth and serverAuth/,
    ],
    ['a root for servers alone', () => [root([...ca, 'extendedKeyUsage=serverAuth'])], /lacks clientAuth/],
    [
      'constraints to other URIs',
      () => below([...ca, 'nameConstraints=critical,permitted;URI:example.org']),
      /forbid identities of spiffe/,
    ],
    [
      'an excluded trust domain',
      () => below([...ca, 'nameConstraints=critical,excluded;URI:cluster.local']),
      /forbid identities of spiffe/,
    ],
    [
      'constraints to other DNS names',
      () => below([...ca, 'nameConstraints=critical,permitted;DNS:example.org']),
      /forbid istiod’s name/,
    ],
    [
      'an excluded DNS name',
      () => below([...ca, 'nameConstraints=critical,excluded;DNS:svc']),
      /forbid istiod’s name/,
    ],
    [
      'constraints of a root',
      () => [root([...ca, 'nameConstraints=critical,permitted;DNS:example.org'])],
      /forbid istiod’s name/,
    ],
    [
      'an unknown critical extension',
      () => below([...ca, '1.2.3.4=critical,ASN1:NULL']),
      /critical extension .*1\.2\.3\.4/,
    ],
    [
      'a critical key identifier',
      () => below(without('subjectKey', 'subjectKeyIdentifier=critical,hash')),
      /critical extension .*2\.5\.29\.14/,
    ],
    [
      'an unknown critical extension of a root',
      () => [root([...ca, '1.2.3.4=critical,ASN1:NULL'])],
      /critical extension/,
    ],
    [
      'another authority key identifier',
      () => {
        const other = root();
        const top = { pem: root().pem, key: other.key };
        const real = make({ name: '/O=corp/CN=root', extensions: ca });
        const made = issuing(real, without('authority', `authorityKeyIdentifier=keyid`));
        return [made, { pem: top.pem, key: real.key }];
      },
      /was not signed by "O=corp, CN=root"/,
    ],
    [
      'a root of another name',
      () => [issuing(root()), make({ name: '/CN=else', extensions: ca })],
      /is not self-signed/,
    ],
    [
      'a missing link',
      () => {
        const top = root();
        const middle = make({ name: '/CN=middle', extensions: ca, issuer: top });
        return [issuing(middle), top];
      },
      /is not self-signed/,
    ],
  ])('%s', (_, chain, reason) => {
    const made = chain();
    expect(accepts(opensslSays(made)), opensslSays(made).join()).toBe(false);
    expect(isthmusSays(made)).toMatch(reason);
  });

  it('one whose time is over or has not come', async () => {
    for (const [now, reason] of [
      ['2001-01-01', /expired/],
      ['2099-01-01', /is not valid before/],
    ] as const) {
      const { certificatePem, keyPem } = await createRoot({
        algorithm: 'ecdsa-p256',
        years: 1,
        now: new Date(now),
      });
      const chain: Chain = [{ pem: certificatePem, key: keyPem }];
      expect(accepts(opensslSays(chain))).toBe(false);
      expect(isthmusSays(chain)).toMatch(reason);
    }
  });
});

describe.runIf(hasOpenssl)('a CA that openssl verify takes and Envoy or istiod does not is refused', () => {
  it.each<[string, () => Chain, RegExp]>([
    ['signed with SHA-1', () => below(ca, { signature: ['-sha1'] }), /signed with SHA-1/],
    [
      'signed with MD5',
      () => {
        const top = root(ca, { key: rsa(2048) });
        return [issuing(top, ca, { signature: ['-md5'] }), top];
      },
      /signed with MD5/,
    ],
    ['a short RSA key', () => [root(ca, { key: rsa(1024) })], /rsa-1024/],
    [
      'a root of a short RSA key above it',
      () => {
        const top = root(ca, { key: rsa(1024) });
        return [issuing(top), top];
      },
      /rsa-1024/,
    ],
    ['an Ed25519 key', () => [root(ca, { key: ['-algorithm', 'ED25519'], signature: [] })], /ed25519/],
    [
      'a root of an Ed25519 key above it',
      () => {
        const top = root(ca, { key: ['-algorithm', 'ED25519'], signature: [] });
        return [issuing(top, ca, { signature: [] }), top];
      },
      /ed25519/,
    ],
    [
      'an RSA-PSS key',
      () => [root(ca, { key: ['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'] })],
      /rsa-pss/,
    ],
    ['a curve that Envoy has not', () => [root(ca, { key: curve('secp256k1') })], /secp256k1/],
    [
      'a required policy',
      () => below([...ca, 'policyConstraints=critical,requireExplicitPolicy:0']),
      /requires a certificate policy/,
    ],
    ['a root of version 1', () => [make({ name: '/CN=old root' })], /lack CA:TRUE/],
    ['a negative serial number', () => below(ca, { serial: '-0x7f01' }), /negative serial/],
  ])('%s', (_, chain, reason) => {
    const made = chain();
    expect(accepts(opensslSays(made)), opensslSays(made).join()).toBe(true);
    expect(isthmusSays(made)).toMatch(reason);
  });
});

describe.runIf(hasOpenssl)('a CA that openssl verify takes is taken', () => {
  it.each<[string, () => Chain]>([
    ['a root', () => [root()]],
    ['a root of P-384', () => [root(ca, { key: curve('P-384'), signature: ['-sha384'] })]],
    ['a root of P-521', () => [root(ca, { key: curve('P-521'), signature: ['-sha512'] })]],
    ['a root of RSA', () => [root(ca, { key: rsa(3072) })]],
    ['a root that signed itself with SHA-1', () => [root(ca, { signature: ['-sha1'] })]],
    ['a root without key usage and identifiers', () => [root(['basicConstraints=CA:TRUE'])]],
    ['an issuing CA', () => below(ca)],
    ['a serial number whose first bit is set', () => below(ca, { serial: '0x8f01' })],
    [
      'an issuing CA signed by RSA-PSS',
      () => {
        const top = root(ca, { key: rsa(2048) });
        return [issuing(top, ca, { signature: ['-sha256', '-sigopt', 'rsa_padding_mode:pss'] }), top];
      },
    ],
    ['an issuing CA for clients and servers', () => below([...ca, 'extendedKeyUsage=clientAuth,serverAuth'])],
    [
      'an issuing CA with just enough room',
      () => below(without('basic', 'basicConstraints=critical,CA:TRUE,pathlen:1')),
    ],
    [
      'constraints to the mesh’s own names',
      () => below([...ca, 'nameConstraints=critical,permitted;URI:cluster.local,permitted;DNS:svc']),
    ],
    [
      'constraints to addresses',
      () => below([...ca, 'nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0']),
    ],
    ['an unknown extension that is not critical', () => below([...ca, '1.2.3.4=ASN1:NULL'])],
    ['a policy', () => below([...ca, 'certificatePolicies=1.2.3.4'])],
    [
      'two CAs above each other of one name',
      () => {
        const top = root();
        return [issuing(top, ca, { name: '/O=corp/CN=root' }), top];
      },
    ],
  ])('%s', (_, chain) => {
    const made = chain();
    expect(opensslSays(made)).toEqual(['sslclient: OK', 'sslserver: OK']);
    expect(isthmusSays(made)).toBeUndefined();
  });

  it('whatever the order of the file, and what else is in it', () => {
    const [signer, top] = below(ca) as unknown as [Made, Made];
    const stranger = make({ name: '/CN=stranger', extensions: ca });
    for (const file of [
      [top.pem, signer.pem],
      [stranger.pem, top.pem, signer.pem],
      [signer.pem, signer.pem, top.pem],
      [`\uFEFFBag Attributes\r\n${signer.pem.replaceAll('\n', '\r\n')}`, `\r\nissuer=CN=root\r\n${top.pem}`],
    ]) {
      const { certificatePem, chainPem } = loadedFrom(file.join(''), signer.key);
      const got = parseBundle(certificatePem + chainPem).map(({ pem }) => pem);
      expect(got).toEqual(parseBundle(signer.pem + top.pem).map(({ pem }) => pem));
    }
  });
});

describe.runIf(hasOpenssl)('a key', () => {
  const [made] = [make({ name: '/CN=root', extensions: ca, key: rsa(2048) })];
  const secret = 'correct horse';
  const written = (args: string[]) => openssl([...args, '-in', 'key.pem'], { 'key.pem': made.key });

  it.each([
    ['PKCS#8', () => made.key, undefined],
    ['PKCS#1', () => written(['rsa', '-traditional']), undefined],
    ['PKCS#8 with CRLF and a mark', () => `\uFEFF${made.key.replaceAll('\n', '\r\n')}`, undefined],
    ['encrypted PKCS#8', () => written(['pkcs8', '-topk8', '-passout', `pass:${secret}`]), secret],
    [
      'encrypted PKCS#1',
      () => written(['rsa', '-traditional', '-aes256', '-passout', `pass:${secret}`]),
      secret,
    ],
  ])('in %s is taken', (_, key, passphrase) => {
    expect(loadedFrom(made.pem, key(), passphrase).keyPem).toContain('-----BEGIN PRIVATE KEY-----');
  });

  it('in SEC1 is taken, its parameters before it', () => {
    const ec = make({ name: '/CN=root', extensions: ca });
    const sec1 = openssl(['ec', '-in', 'key.pem'], { 'key.pem': ec.key });
    const parameters = openssl(['ecparam', '-name', 'prime256v1']);
    expect(loadedFrom(ec.pem, parameters + sec1).keyPem).toContain('-----BEGIN PRIVATE KEY-----');
  });

  it.each([
    [
      'without its passphrase',
      {
        key: () => written(['pkcs8', '-topk8', '-passout', `pass:${secret}`]),
        passphrase: undefined,
        reason: /is encrypted with a passphrase, which was not given/,
      },
    ],
    [
      'with a wrong passphrase',
      {
        key: () => written(['pkcs8', '-topk8', '-passout', `pass:${secret}`]),
        passphrase: 'wrong',
        reason: /cannot be opened with this passphrase/,
      },
    ],
    [
      'of another certificate',
      {
        key: () => make({ name: '/CN=x', extensions: ca }).key,
        passphrase: undefined,
        reason: /does not belong to "CN=root"/,
      },
    ],
    [
      'of Ed25519',
      {
        key: () =>
          generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
        passphrase: undefined,
        reason: /key of type ed25519 cannot sign/,
      },
    ],
    ['that is none', { key: () => made.pem, passphrase: undefined, reason: /holds no PEM private key/ }],
  ])('%s is refused, and nothing of it said', (_title, { key, passphrase, reason }) => {
    const said = refusalOf(() => loadedFrom(made.pem, key(), passphrase)) ?? '';
    expect(said).toMatch(reason);
    expect(said).not.toContain(secret);
  });
});
