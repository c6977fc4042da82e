import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSecrets, type SecretsAnswer } from '../../src/istio/trust/proxy-certificates.ts';
import type { LiveTrust } from '../../src/mesh/trust/live-trust.ts';
import { rootSource } from '../../src/mesh/trust/source-of.ts';
import { inspect, parseBundle, toSecretData } from '../../src/pki/index.ts';
import { issue } from '../../src/pki/issue.ts';
import { generateKeyPair } from '../../src/pki/key-pair.ts';
import { createRoot } from '../../src/pki/root.ts';
import { signerOf } from '../../src/pki/signer.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '../../src/pki/x509.ts';
import type { RotationReport } from '../../src/report/index.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { Custody } from '../aws/support/custody.ts';
import { RehearsedAws } from '../aws/support/rehearsed-aws.ts';
import { Bed, localMesh, type Ran } from '../e2e/bed.ts';
import { verdicts } from '../unit/pki/openssl.ts';

// One mesh of two local clusters whose root goes from source to source: made by isthmus, files (an issuing CA with
// its chain), other files, AWS KMS, AWS Private CA. Each works through up, an empty plan, renewal and rotation.
const bed = new Bed('sources');
const clusters = ['eks-1', 'eks-2'];
let aws: RehearsedAws;
let custody: Custody;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  // This process signs as the bed's isthmus does, so it has to find the same store of roots.
  process.env['XDG_DATA_HOME'] = bed.env['XDG_DATA_HOME'];
  custody = new Custody(aws.emulator, aws.tester);
  await bed.write(localMesh('sources', 2));
  const up = await bed.isthmus(['up'], { timeoutMs: 900_000 });
  if (up.exitCode !== 0) throw new Error(`the bed did not come up: ${up.stderr}`);
  await bed.isthmus(['contexts']);
}, 1_200_000);
afterAll(async () => {
  await bed.isthmus(['down']);
  await aws?.stop();
});

/** Put `spec.trust` into the file. */
const trustIn = (root: string, more = '') =>
  bed.write(localMesh('sources', 2).replace('spec:\n', `spec:\n  trust:\n    root: ${root}\n${more}`));

/** Files of an issuing CA below a root of its own, whose key nobody keeps. */
async function corporateFiles(name: string): Promise<string> {
  const root = await createRoot({ subject: name, algorithm: 'ecdsa-p256', years: 10 });
  const { privateKeyPem } = await generateKeyPair('rsa-2048');
  const issuing = await issue({
    subject: [{ O: ['corp'] }, { CN: [`${name} issuing`] }],
    keyPem: privateKeyPem,
    signer: signerOf(root.keyPem),
    issuerPem: root.certificatePem,
    lifeMs: 1800 * 86_400_000,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  await writeFile(join(bed.folder, `${name}.pem`), issuing + root.certificatePem);
  await writeFile(join(bed.folder, `${name}.key`), privateKeyPem, { mode: 0o600 });
  return `{certificate: ${name}.pem, key: ${name}.key}`;
}

async function cacerts(cluster: string): Promise<Record<string, string>> {
  const read = await bed.ok(cluster, ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', 'json']);
  const { data } = JSON.parse(read) as { data: Record<string, string> };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

/** What openssl says of the certificate that a live proxy has, below the root that the cluster trusts. */
async function judged(cluster: string): Promise<string[]> {
  const path = 'config_dump?resource=dynamic_active_secrets';
  const ask = ['exec', 'deploy/sleep', '-c', 'istio-proxy', '--', 'pilot-agent', 'request', 'GET', path];
  const found = parseSecrets(JSON.parse(await bed.ok(cluster, ['-n', 'sample', ...ask])) as SecretsAnswer);
  const { 'root-cert.pem': root = '' } = await cacerts(cluster);
  return verdicts({ leaf: found?.chainPem ?? '', untrusted: found?.chainPem ?? '', root });
}

const good = ['sslclient: OK', 'sslserver: OK'];

async function worksBelow(fingerprint: string): Promise<void> {
  const up = await bed.isthmus(['up', '--no-check']);
  expect(up.exitCode, up.stderr).toBe(0);
  const plan = await bed.isthmus(['plan', '-o', 'json']);
  expect(JSON.parse(plan.stdout), plan.stderr).toMatchObject({ changes: 0 });
  for (const cluster of clusters) {
    const { 'root-cert.pem': root = '' } = await cacerts(cluster);
    expect(parseBundle(root).map((info) => info.fingerprintSha256)).toEqual([fingerprint]);
    expect(await judged(cluster)).toEqual(good);
  }
  const shown = await bed.isthmus(['trust', 'show', '-o', 'json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ source: { fingerprint, signsHere: true } });
}

async function refusedByUp(): Promise<void> {
  const { exitCode, stderr } = await bed.isthmus(['up', '--no-check']);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('CA_FOREIGN')]);
  expect(stderr).toContain('isthmus rotate root');
  expect(stderr).toMatch(/mesh\.yaml:\d+/);
}

async function rotated(): Promise<RotationReport> {
  const ran: Ran = await bed.isthmus(['rotate', 'root', '--yes', '--rate', '10', '-o', 'json'], {
    timeoutMs: 590_000,
  });
  expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
  const report = JSON.parse(ran.stdout) as RotationReport;
  expect(report.load).toMatchObject({ lost: 0, failedConnections: 0 });
  expect(report.proofs.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'refused'));
  return report;
}

/** Put a CA of the same source that is due into a cluster, and have it renewed. */
async function renews(cluster: string): Promise<void> {
  const topology = parseTopology(await bed.read(), bed.file);
  const before = await cacerts(cluster);
  const trusted = parseBundle(before['root-cert.pem'] ?? '');
  const live: LiveTrust = { cluster, absent: false, anchor: trusted[0], trusted };
  const issuer = await rootSource({ topology, live: [live], signal: AbortSignal.timeout(60_000) }).open();
  if (!issuer) throw new Error('nobody signs here');
  const names = {
    cluster,
    meshName: 'sources',
    algorithm: 'ecdsa-p256',
    trustDomain: 'cluster.local',
  } as const;
  // Private CA dates certificates by itself, an hour back: of one for 20 minutes two thirds are over at once.
  const isDated = topology.trust.root?.kind === 'privateCa';
  const now = isDated ? new Date() : new Date(Date.now() - 80 * 86_400_000);
  const due = await issuer.issueIntermediate({ ...names, days: isDated ? 20 / 1440 : 90, now });
  const data = toSecretData(due, before['root-cert.pem'] ?? '');
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const patch = JSON.stringify({ data: Object.fromEntries(encoded) });
  await bed.ok(cluster, ['-n', 'istio-system', 'patch', 'secret', 'cacerts', '-p', patch]);
  const plan = await bed.isthmus(['renew', '--plan', '-o', 'json']);
  expect(plan.stdout, plan.stderr).toContain('due');
  const up = await bed.isthmus(['up', '--no-check']);
  expect(up.exitCode, up.stderr).toBe(0);
  const after = inspect((await cacerts(cluster))['ca-cert.pem'] ?? '');
  expect(after.serial).not.toBe(inspect(due.certificatePem).serial);
  expect(after.renewAfter.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
}

describe('a root', () => {
  it('made by isthmus', async () => {
    const [root] = parseBundle((await cacerts('eks-1'))['root-cert.pem'] ?? '');
    await worksBelow(root?.fingerprintSha256 ?? '');
    await renews('eks-1');
  });

  it.each([
    ['files', () => corporateFiles('corp')],
    ['other files', () => corporateFiles('other')],
    ['AWS KMS', async () => `{kms: "${await custody.key('ECC_NIST_P256')}"}`],
    [
      'AWS Private CA',
      async () => {
        const below = { arn: await custody.authority({ name: 'top', algorithm: 'EC_prime256v1' }), depth: 1 };
        return `{privateCa: "${await custody.authority({ name: 'mesh', algorithm: 'EC_prime256v1', below })}"}`;
      },
    ],
  ])(
    'goes to %s by a rotation that loses nothing',
    async (_, root) => {
      await trustIn(await root());
      await refusedByUp();
      const { to } = await rotated();
      await worksBelow(to?.fingerprint ?? '');
      await renews('eks-2');
    },
    900_000,
  );

  it('in Private CA is none to be exported', async () => {
    const ran = await bed.isthmus(['trust', 'export', join(bed.folder, 'root.pem')], {
      env: { ISTHMUS_PASSPHRASE: 'long enough' },
    });
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('there is no key to export')]);
  });
});
