import { DisableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isIsthmusError } from '../../src/errors/index.ts';
import type { LiveTrust } from '../../src/mesh/trust/live-trust.ts';
import { rootSource } from '../../src/mesh/trust/source-of.ts';
import {
  anchorOf,
  type Issuer,
  inspect,
  issueLeaf,
  parseBundle,
  rootCertificate,
  rootFingerprint,
  toSecretData,
  verifyAuthority,
} from '../../src/pki/index.ts';
import { silentReporter } from '../../src/report/index.ts';
import type { Topology } from '../../src/topology/index.ts';
import { topologyOf } from '../unit/istio/fixtures.ts';
import { verdicts } from '../unit/pki/openssl.ts';
import { Custody, region } from './support/custody.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';

// Keys and CAs in the emulator as what signs for a mesh; in clusters, test/e2e/21-sources.test.ts goes from one to the next.
let aws: RehearsedAws;
let custody: Custody;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  custody = new Custody(aws.emulator, aws.tester);
});
afterAll(() => aws?.stop());

const withRoot = (root: Topology['trust']['root'], more: Partial<Topology['trust']> = {}): Topology => {
  const topology = topologyOf(['a', 'b']);
  return { ...topology, trust: { ...topology.trust, ...more, root } };
};
const kms = (arn: string) =>
  ({ kind: 'kms', arn, region, profile: undefined, certificate: undefined }) as const;
const privateCa = (arn: string) => ({ kind: 'privateCa', arn, region, profile: undefined }) as const;

const sourceOf = (topology: Topology, live: readonly LiveTrust[] = []) =>
  rootSource({ topology, live, reporter: silentReporter, signal: AbortSignal.timeout(60_000) });

const request = {
  cluster: 'a',
  meshName: 'm',
  days: 730,
  algorithm: 'ecdsa-p256',
  trustDomain: 'cluster.local',
} as const;

/** What a cluster has whose CA this issuer made. */
async function liveBelow(issuer: Issuer): Promise<LiveTrust> {
  const data = toSecretData(await issuer.issueIntermediate(request), rootCertificate(issuer));
  const trusted = parseBundle(data['root-cert.pem']);
  return { cluster: 'a', absent: false, cacerts: { data, managed: true }, anchor: anchorOf(data), trusted };
}

/** A workload's certificate as istiod would make it, judged by openssl as client and as server. */
async function judged(issuer: Issuer, root = rootCertificate(issuer)): Promise<readonly string[]> {
  const intermediate = await issuer.issueIntermediate(request);
  expect(verifyAuthority(toSecretData(intermediate, rootCertificate(issuer)))).toEqual([]);
  const leaf = await issueLeaf({
    issuer: intermediate,
    commonName: 'workload',
    uris: ['spiffe://cluster.local/ns/sample/sa/sleep'],
    usages: ['client', 'server'],
    days: 1,
  });
  return verdicts({ leaf: leaf.certificatePem, untrusted: leaf.chainPem, root });
}

const idOf = (arn: string): string => arn.split('/')[1] ?? '';

const good = ['sslclient: OK', 'sslserver: OK'];

async function refusalOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isIsthmusError(error)) return error;
  throw new Error(`no refusal: ${String(error)}`);
}

describe('a key in KMS', () => {
  test.each(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'RSA_2048', 'RSA_4096'] as const)(
    '%s signs a root and a CA below it that openssl takes',
    async (spec) => {
      const source = sourceOf(withRoot(kms(await custody.key(spec))));
      expect(await source.identify()).toEqual({ state: 'unmade' });
      expect(await source.open()).toBeUndefined();
      const issuer = (await source.make?.()) as Issuer;
      expect(inspect(issuer.certificatePem)).toMatchObject({ selfSigned: true, isCa: true });
      expect(await judged(issuer)).toEqual(good);
    },
  );

  test('is found again by any operator from what a cluster has, and signs there', async () => {
    const topology = withRoot(kms(await custody.key('ECC_NIST_P256')));
    const first = (await sourceOf(topology).make?.()) as Issuer;
    const live = [await liveBelow(first)];
    const second = sourceOf(topology, live);
    expect(await second.identify()).toEqual({ state: 'known', fingerprint: rootFingerprint(first) });
    const issuer = (await second.open()) as Issuer;
    expect(issuer.certificatePem).toBe(first.certificatePem);
    expect(await judged(issuer)).toEqual(good);
  });

  test('of RSA gives two who make the root at once the same bytes', async () => {
    const topology = withRoot(kms(await custody.key('RSA_2048')));
    const [one, other] = await Promise.all([sourceOf(topology).make?.(), sourceOf(topology).make?.()]);
    expect(one?.certificatePem).toBe(other?.certificatePem);
  });

  test('of ECDSA gives them one name, serial and life, and each takes what the other signed', async () => {
    const topology = withRoot(kms(await custody.key('ECC_NIST_P256')));
    const [one, other] = (await Promise.all([sourceOf(topology).make?.(), sourceOf(topology).make?.()])) as [
      Issuer,
      Issuer,
    ];
    const [a, b] = [inspect(one.certificatePem), inspect(other.certificatePem)];
    expect([a.subject, a.serial, a.notBefore, a.notAfter]).toEqual([
      b.subject,
      b.serial,
      b.notBefore,
      b.notAfter,
    ]);
    expect(await judged(one, other.certificatePem)).toEqual(good);
  });

  test('asks for no more than it needs', async () => {
    const topology = withRoot(kms(await custody.key('ECC_NIST_P256')));
    await aws.emulator.forgetCalls();
    const first = (await sourceOf(topology).make?.()) as Issuer;
    const live = [await liveBelow(first)];
    await (await sourceOf(topology, live).open())?.issueIntermediate(request);
    expect(await aws.actions()).toEqual(['kms:GetPublicKey', 'kms:Sign']);
  });

  test.each([
    ['a symmetric key', () => custody.key('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'), /not an asymmetric key/],
    ['a key that encrypts', () => custody.key('RSA_2048', 'ENCRYPT_DECRYPT'), /usage ENCRYPT_DECRYPT/],
    ['a curve that Envoy has not', () => custody.key('ECC_SECG_P256K1'), /is of kind ECC_SECG_P256K1/],
    [
      'a disabled key',
      async () => {
        const arn = await custody.key('ECC_NIST_P256');
        await custody.kms.send(new DisableKeyCommand({ KeyId: idOf(arn) }));
        return arn;
      },
      /is disabled/,
    ],
    [
      'a key that waits for its deletion',
      async () => {
        const arn = await custody.key('ECC_NIST_P256');
        await custody.kms.send(new ScheduleKeyDeletionCommand({ KeyId: idOf(arn), PendingWindowInDays: 7 }));
        return arn;
      },
      /pending deletion/,
    ],
    [
      'a key that is not there',
      async () => `arn:aws:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      /NotFoundException/,
    ],
    [
      'a key of another region',
      async () => (await custody.key('ECC_NIST_P256')).replace(region, 'eu-west-1'),
      /NotFoundException/,
    ],
  ])('%s is refused, with what to do', async (_, arn, message) => {
    const root = { ...kms(await arn()) };
    const spec = { ...root, region: root.arn.split(':')[3] ?? '' };
    const error = await refusalOf(sourceOf(withRoot(spec)).open());
    expect([error.code, error.message]).toEqual(['CA_INVALID', expect.stringMatching(message)]);
    expect(error.hint).toBeTruthy();
  });

  test.each(['kms:GetPublicKey', 'kms:Sign'])('a refused %s is named with the key', async (action) => {
    const topology = withRoot(kms(await custody.key('ECC_NIST_P256')));
    const live = [await liveBelow((await sourceOf(topology).make?.()) as Issuer)];
    await aws.emulator.deny(action);
    try {
      const error = await refusalOf(sourceOf(topology, live).open());
      expect(error.code).toBe('AWS_REFUSED');
      expect(error.hint).toContain(`let this identity ${action} on arn:aws:kms:${region}`);
    } finally {
      await aws.emulator.deny();
    }
  });

  test('with a pinned fingerprint is not given another certificate', async () => {
    const topology = withRoot(kms(await custody.key('ECC_NIST_P256')), { fingerprint: '0'.repeat(64) });
    const error = await refusalOf(sourceOf(topology).make?.() ?? Promise.resolve());
    expect(error.code).toBe('CA_FOREIGN');
  });
});

describe('a CA in Private CA', () => {
  test.each(['EC_prime256v1', 'EC_secp384r1', 'RSA_2048'] as const)(
    'of %s issues clusters’ CAs that openssl takes, below a root of its own',
    async (algorithm) => {
      const arn = await custody.authority({ name: `root ${algorithm}`, algorithm });
      const issuer = (await sourceOf(withRoot(privateCa(arn))).open()) as Issuer;
      expect(issuer.chainPem).toBe('');
      expect(await judged(issuer)).toEqual(good);
    },
  );

  test('below another has the root of its chain, and asks for no more than it needs', async () => {
    const top = await custody.authority({ name: 'corporate root', algorithm: 'RSA_4096' });
    const arn = await custody.authority({
      name: 'mesh CA',
      algorithm: 'RSA_2048',
      below: { arn: top, depth: 1 },
    });
    await aws.emulator.forgetCalls();
    const source = sourceOf(withRoot(privateCa(arn)));
    const issuer = (await source.open()) as Issuer;
    expect(inspect(rootCertificate(issuer)).subject).toContain('CN=corporate root');
    expect(await source.identify()).toEqual({ state: 'known', fingerprint: rootFingerprint(issuer) });
    const { certificatePem } = await issuer.issueIntermediate({ ...request, days: 3650 });
    expect(inspect(certificatePem)).toMatchObject({ isCa: true, pathLength: 0 });
    expect(inspect(certificatePem).notAfter).toEqual(inspect(issuer.certificatePem).notAfter);
    expect(await judged(issuer)).toEqual(good);
    expect(await aws.actions()).toEqual([
      'acm-pca:DescribeCertificateAuthority',
      'acm-pca:GetCertificate',
      'acm-pca:GetCertificateAuthorityCertificate',
      'acm-pca:IssueCertificate',
    ]);
  });

  test.each([
    [
      'one without a certificate',
      () => custody.authority({ name: 'new', algorithm: 'EC_prime256v1', active: false }),
      /is PENDING_CERTIFICATE, not ACTIVE/,
    ],
    [
      'one for short-lived certificates',
      () => custody.authority({ name: 'short', algorithm: 'EC_prime256v1', mode: 'SHORT_LIVED_CERTIFICATE' }),
      /7 days at most/,
    ],
    [
      'one without room for a CA below it',
      async () => {
        const top = await custody.authority({ name: 'top', algorithm: 'EC_prime256v1' });
        return custody.authority({
          name: 'narrow',
          algorithm: 'EC_prime256v1',
          below: { arn: top, depth: 0 },
        });
      },
      /allows 0 CAs below it, but 1 must follow/,
    ],
    [
      'one that is not there',
      async () =>
        `arn:aws:acm-pca:${region}:123456789012:certificate-authority/1234abcd-12ab-34cd-56ef-1234567890ab`,
      /ResourceNotFoundException/,
    ],
  ])('%s is refused', async (_, arn, message) => {
    const error = await refusalOf(sourceOf(withRoot(privateCa(await arn()))).open());
    expect([error.code, error.message]).toEqual(['CA_INVALID', expect.stringMatching(message)]);
    expect(error.hint).toBeTruthy();
  });

  test('a refused action is named with the CA', async () => {
    const arn = await custody.authority({ name: 'guarded', algorithm: 'EC_prime256v1' });
    const issuer = (await sourceOf(withRoot(privateCa(arn))).open()) as Issuer;
    await aws.emulator.deny('acm-pca:IssueCertificate');
    try {
      const error = await refusalOf(issuer.issueIntermediate(request));
      expect([error.code, error.hint]).toEqual([
        'AWS_REFUSED',
        expect.stringContaining(`acm-pca:IssueCertificate on ${arn}`),
      ]);
    } finally {
      await aws.emulator.deny();
    }
  });
});
