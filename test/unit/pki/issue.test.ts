import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Authority,
  createRoot,
  generateKeyPair,
  inspect,
  issueIntermediate,
  issueLeaf,
  parseBundle,
  toSecretData,
} from '../../../src/pki/index.ts';
import { hasOpenssl, openssl } from './openssl.ts';

const now = new Date('2026-03-01T00:00:00Z');
const mesh = { meshName: 'demo', days: 730, algorithm: 'ecdsa-p256', trustDomain: 'cluster.local' } as const;
const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10, now });
const intermediateOf = (cluster: string, from: Authority = root) =>
  issueIntermediate({ ...mesh, root: from, cluster, now });

describe('createRoot', () => {
  it('is a self-signed CA for ten years without a path length', () => {
    const info = inspect(root.certificatePem);
    expect(info).toMatchObject({
      isCa: true,
      pathLength: undefined,
      selfSigned: true,
      canSignCertificates: true,
      keyAlgorithm: 'ecdsa-p256',
    });
    expect(info.notBefore.toISOString()).toBe('2026-02-28T23:55:00.000Z');
    expect(info.notAfter.toISOString().slice(0, 10)).toBe('2036-02-29');
    expect(root.chainPem).toBe('');
  });

  it('gives two roots of one mesh different names', async () => {
    const other = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    expect(inspect(other.certificatePem).subject).not.toBe(inspect(root.certificatePem).subject);
  });
});

describe('issueIntermediate', () => {
  it('states a CA that can sign no further CA, named by its cluster', async () => {
    const info = inspect((await intermediateOf('eks-1')).certificatePem);
    expect(info).toMatchObject({
      subject: 'O=demo, OU=eks-1, CN=Istio CA',
      issuer: inspect(root.certificatePem).subject,
      isCa: true,
      pathLength: 0,
      selfSigned: false,
      uris: ['spiffe://cluster.local'],
    });
    expect(info.renewAfter.toISOString().slice(0, 10)).toBe('2027-06-30');
  });

  it('makes positive serials of sixteen octets, never twice the same', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, (_, index) => intermediateOf(`c-${index}`)));
    const serials = many.map((one) => inspect(one.certificatePem).serial);
    expect(new Set(serials).size).toBe(serials.length);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  });

  it('ends no later than its root', async () => {
    const short = await createRoot({ algorithm: 'ecdsa-p256', years: 1, now });
    const info = inspect((await intermediateOf('eks-1', short)).certificatePem);
    expect(info.notAfter).toEqual(inspect(short.certificatePem).notAfter);
  });

  it('signs with an RSA root for an RSA cluster', async () => {
    const rsaRoot = await createRoot({ algorithm: 'rsa-2048', years: 10 });
    const authority = await issueIntermediate({
      ...mesh,
      root: rsaRoot,
      cluster: 'c',
      algorithm: 'rsa-2048',
    });
    const certificate = new X509Certificate(authority.certificatePem);
    expect(certificate.verify(new X509Certificate(rsaRoot.certificatePem).publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(authority.keyPem))).toBe(true);
    expect(inspect(authority.certificatePem).keyAlgorithm).toBe('rsa-2048');
  });
});

describe('issueLeaf', () => {
  it('carries names, addresses of both families and groups, and is no CA', async () => {
    const leaf = await issueLeaf({
      issuer: root,
      commonName: 'system:node:eks-1',
      organizations: ['system:nodes'],
      dnsNames: ['kubernetes.default.svc'],
      ipAddresses: ['10.96.0.1', 'fd00::1'],
      uris: ['https://issuer.example'],
      usages: ['server', 'client'],
      days: 30,
      now,
    });
    expect(inspect(leaf.certificatePem)).toMatchObject({
      subject: 'O=system:nodes, CN=system:node:eks-1',
      isCa: false,
      canSignCertificates: false,
      dnsNames: ['kubernetes.default.svc'],
      ipAddresses: ['10.96.0.1', 'fd00::1'],
      uris: ['https://issuer.example'],
    });
  });
});

describe('toSecretData', () => {
  it('puts the CA before its root in the chain, and every trusted root once', async () => {
    const intermediate = await intermediateOf('eks-1');
    const next = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    const data = toSecretData(intermediate, [next, root, root.certificatePem]);
    expect(parseBundle(data['cert-chain.pem']).map((info) => info.pem)).toEqual([
      intermediate.certificatePem,
      root.certificatePem,
    ]);
    expect(data['root-cert.pem']).toBe(next.certificatePem + root.certificatePem);
    expect(data['ca-key.pem']).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('refuses roots that lack the CA’s own', async () => {
    const other = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    const intermediate = await intermediateOf('eks-1');
    expect(() => toSecretData(intermediate, other)).toThrowError(
      'the root of "O=demo, OU=eks-1, CN=Istio CA" is not among the trusted roots',
    );
  });
});

describe('generateKeyPair', () => {
  it.each(['ecdsa-p256', 'rsa-2048', 'rsa-4096'] as const)('makes a matching %s pair', async (algorithm) => {
    const pair = await generateKeyPair(algorithm);
    const leaf = { issuer: root, commonName: algorithm, usages: ['client'], days: 1, algorithm } as const;
    expect(createPrivateKey(pair.privateKeyPem).asymmetricKeyType).toBe(
      algorithm.slice(0, algorithm.indexOf('-')).replace('ecdsa', 'ec'),
    );
    if (algorithm !== 'rsa-4096')
      expect(inspect((await issueLeaf(leaf)).certificatePem).keyAlgorithm).toBe(algorithm);
  });
});

describe.runIf(hasOpenssl)('openssl agrees', () => {
  it('verifies root, CA and workload strictly', async () => {
    const intermediate = await intermediateOf('eks-1');
    const workload = await issueLeaf({
      issuer: intermediate,
      commonName: 'workload',
      uris: ['spiffe://cluster.local/ns/sample/sa/sleep'],
      usages: ['server', 'client'],
      days: 1,
      now,
    });
    const data = toSecretData(intermediate, root);
    const files = { ...data, 'leaf.pem': workload.certificatePem };
    const at = ['-attime', String(now.getTime() / 1000 + 60)];
    const verify = ['verify', '-x509_strict', ...at, '-CAfile', 'root-cert.pem'];
    expect(openssl([...verify, 'ca-cert.pem'], files)).toBe('ca-cert.pem: OK\n');
    expect(openssl([...verify, '-untrusted', 'cert-chain.pem', 'leaf.pem'], files)).toBe('leaf.pem: OK\n');
  });

  it('refuses a workload below a CA that a cluster’s CA has made', async () => {
    const intermediate = await intermediateOf('eks-1');
    const rogue = await intermediateOf('rogue', intermediate);
    const workload = await issueLeaf({ issuer: rogue, commonName: 'w', usages: ['server'], days: 1, now });
    const files = {
      'root.pem': root.certificatePem,
      'chain.pem': workload.chainPem,
      'w.pem': workload.certificatePem,
    };
    const at = ['-attime', String(now.getTime() / 1000 + 60)];
    const said = openssl(['verify', ...at, '-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'w.pem'], files);
    expect(said).toContain('path length constraint exceeded');
  });

  it('prints the extensions that istiod relies on', async () => {
    const pem = (await intermediateOf('eks-1')).certificatePem;
    const text = openssl(['x509', '-in', 'ca.pem', '-noout', '-ext', 'basicConstraints,keyUsage'], {
      'ca.pem': pem,
    });
    expect(text).toMatchInlineSnapshot(`
      "X509v3 Basic Constraints: critical
          CA:TRUE, pathlen:0
      X509v3 Key Usage: critical
          Certificate Sign, CRL Sign
      "
    `);
  });
});
