import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseSecrets, type SecretsAnswer } from '../../../src/istio/trust/proxy-certificates.ts';
import type { LiveTrust } from '../../../src/mesh/trust/live-trust.ts';
import { rootSource } from '../../../src/mesh/trust/source-of.ts';
import { inspect, parseBundle, toSecretData } from '../../../src/pki/index.ts';
import { issue } from '../../../src/pki/issue.ts';
import { generateKeyPair } from '../../../src/pki/key-pair.ts';
import { createRoot } from '../../../src/pki/root.ts';
import { signerOf } from '../../../src/pki/signer.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } from '../../../src/pki/x509.ts';
import { type RotationReport, silentReporter } from '../../../src/report/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { verdicts } from '../../unit/pki/openssl.ts';
import { Bed, localMesh, type Ran } from '../bed.ts';

const clusters = ['eks-1', 'eks-2'] as const;
const good = ['sslclient: OK', 'sslserver: OK'];

/** A mesh of two local clusters whose root goes from source to source, and what has to work below each. */
export class SourcesBed extends Bed {
  /** Bring the mesh up with this `spec.trust.root`, or a root that isthmus makes. */
  async begin(root?: string): Promise<void> {
    // This process signs as the bed's isthmus does, so it has to find the same store of roots.
    process.env['XDG_DATA_HOME'] = this.env['XDG_DATA_HOME'];
    await (root === undefined ? this.write(localMesh(this.name, 2)) : this.trustIn(root));
    const up = await this.isthmus(['up'], { timeoutMs: 900_000 });
    if (up.exitCode !== 0) throw new Error(`the bed did not come up: ${up.stderr}`);
    await this.isthmus(['contexts']);
  }

  /** Put `spec.trust.root` into the file. */
  trustIn(root: string): Promise<void> {
    return this.write(localMesh(this.name, 2).replace('spec:\n', `spec:\n  trust:\n    root: ${root}\n`));
  }

  /** Files of a self-signed root and its key. */
  async rootFiles(name: string): Promise<string> {
    const root = await createRoot({ subject: name, algorithm: 'ecdsa-p256', years: 10 });
    return this.#files(name, root.certificatePem, root.keyPem);
  }

  /** Files of an issuing CA below a root of its own, whose key nobody keeps. */
  async issuingFiles(name: string): Promise<string> {
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
    return this.#files(name, issuing + root.certificatePem, privateKeyPem);
  }

  async #files(name: string, certificates: string, keyPem: string): Promise<string> {
    await writeFile(join(this.folder, `${name}.pem`), certificates);
    await writeFile(join(this.folder, `${name}.key`), keyPem, { mode: 0o600 });
    return `{certificate: ${name}.pem, key: ${name}.key}`;
  }

  /** The one root that a cluster trusts. */
  async rootOf(cluster: string): Promise<string> {
    const { 'root-cert.pem': root = '' } = await this.cacerts(cluster);
    return parseBundle(root)
      .map((info) => info.fingerprintSha256)
      .join(' and ');
  }

  async cacerts(cluster: string): Promise<Record<string, string>> {
    const read = await this.ok(cluster, ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', 'json']);
    const { data } = JSON.parse(read) as { data: Record<string, string> };
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  /** `up` mends nothing, `plan` finds nothing, and openssl takes live proxies' certificates below this root alone. */
  async worksBelow(fingerprint: string): Promise<void> {
    const up = await this.isthmus(['up', '--no-check', '-o', 'json']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(JSON.parse(up.stdout)).toMatchObject({ changes: [] });
    const plan = await this.isthmus(['plan', '-o', 'json']);
    expect(JSON.parse(plan.stdout), plan.stderr).toMatchObject({ changes: 0 });
    for (const cluster of clusters) {
      expect(await this.rootOf(cluster)).toBe(fingerprint);
      expect(await this.#judged(cluster)).toEqual(good);
    }
    const shown = await this.isthmus(['trust', 'show', '-o', 'json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ source: { fingerprint, signsHere: true } });
  }

  /** What openssl says of the certificate that a live proxy has, below the root that the cluster trusts. */
  async #judged(cluster: string): Promise<string[]> {
    const path = 'config_dump?resource=dynamic_active_secrets';
    const ask = ['exec', 'deploy/sleep', '-c', 'istio-proxy', '--', 'pilot-agent', 'request', 'GET', path];
    const answer = JSON.parse(await this.ok(cluster, ['-n', 'sample', ...ask])) as SecretsAnswer;
    const chain = parseSecrets(answer)?.chainPem ?? '';
    const { 'root-cert.pem': root = '' } = await this.cacerts(cluster);
    return verdicts({ leaf: chain, untrusted: chain, root });
  }

  /** `up` goes to no other root by itself: it names the line and the command that does. */
  async refusedByUp(): Promise<void> {
    const { exitCode, stderr } = await this.isthmus(['up', '--no-check']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('CA_FOREIGN')]);
    expect(stderr).toContain('isthmus rotate root');
    expect(stderr).toMatch(/mesh\.yaml:\d+/);
  }

  /** Go to the root of the file; the fingerprint of the new root. */
  async rotated(): Promise<string> {
    const ran: Ran = await this.isthmus(['rotate', 'root', '--yes', '--rate', '10', '-o', 'json'], {
      timeoutMs: 590_000,
    });
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    const report = JSON.parse(ran.stdout) as RotationReport;
    expect(report.load).toMatchObject({ lost: 0, failedConnections: 0 });
    expect(report.proofs.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'refused'));
    return report.to?.fingerprint ?? '';
  }

  /** Put a CA of the same source that is due into a cluster, and have it renewed. */
  async renews(cluster: string): Promise<void> {
    const due = await this.#putDue(cluster);
    const plan = await this.isthmus(['renew', '--plan', '-o', 'json']);
    expect(JSON.parse(plan.stdout), plan.stderr).toMatchObject({ summary: { due: 1 } });
    const renew = await this.isthmus(['renew', '-o', 'json']);
    expect([renew.exitCode, JSON.parse(renew.stdout)], renew.stderr).toMatchObject([
      0,
      { summary: { renewed: 1, failed: 0, unseen: 0 } },
    ]);
    const after = inspect((await this.cacerts(cluster))['ca-cert.pem'] ?? '');
    expect(after.serial).not.toBe(due);
    expect(after.renewAfter.getTime()).toBeGreaterThan(Date.now() + 86_400_000);
  }

  /** Serial of a CA that is due, now in the cluster's `cacerts`. */
  async #putDue(cluster: string): Promise<string> {
    const topology = parseTopology(await this.read(), this.file);
    const { 'root-cert.pem': root = '' } = await this.cacerts(cluster);
    const trusted = parseBundle(root);
    const live: LiveTrust = { cluster, absent: false, anchor: trusted[0], trusted };
    const asking = { reporter: silentReporter, signal: AbortSignal.timeout(60_000) };
    const issuer = await rootSource({ topology, live: [live], ...asking }).open();
    if (!issuer) throw new Error('nobody signs here');
    // Private CA dates certificates by itself, an hour back: of one for 20 minutes two thirds are over at once.
    const isDated = topology.trust.root?.kind === 'privateCa';
    const due = await issuer.issueIntermediate({
      cluster,
      meshName: this.name,
      algorithm: 'ecdsa-p256',
      trustDomain: 'cluster.local',
      days: isDated ? 20 / 1440 : 90,
      now: isDated ? new Date() : new Date(Date.now() - 80 * 86_400_000),
    });
    const encoded = Object.entries(toSecretData(due, root)).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]);
    const patch = JSON.stringify({ data: Object.fromEntries(encoded) });
    await this.ok(cluster, ['-n', 'istio-system', 'patch', 'secret', 'cacerts', '-p', patch]);
    return inspect(due.certificatePem).serial;
  }
}
