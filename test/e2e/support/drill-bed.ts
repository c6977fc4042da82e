import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DrillReport } from '../../../src/report/index.ts';
import { Bed, localMesh, type Ran } from '../bed.ts';

export const clusters = ['eks-1', 'eks-2'];

/** Short, and slow enough for a machine that does other things beside. */
const quick = ['--yes', '--rate', '20', '-o', 'json'];

/** A mesh of two local clusters to drill: the samples, and a service `shop/vault` that stays in eks-1. */
export class DrillBed extends Bed {
  readonly quick: readonly string[];

  constructor(name: string, durationSeconds: number) {
    super(name);
    this.quick = [...quick, '--duration', String(durationSeconds)];
  }

  async up(): Promise<void> {
    const services = '  services:\n    - {host: vault.shop, residency: [eks-1]}\n';
    await this.write(localMesh(this.name, 2) + services);
    // The service has no pods yet, which its check would say.
    const up = await this.isthmus(['up', '--no-check'], { timeoutMs: 900_000 });
    if (up.exitCode !== 0) throw new Error(`the bed did not come up: ${up.stderr}`);
    await this.isthmus(['contexts']);
    await this.#deployVault();
    const check = await this.isthmus(['check', '--wait', '120']);
    if (check.exitCode !== 0) throw new Error(`the bed is not well: ${check.stdout}`);
  }

  /** A Deployment like the sample's, under another name. */
  async #deployVault(): Promise<void> {
    const service = { selector: { app: 'vault' }, ports: [{ name: 'http', port: 5000 }] };
    const metadata = { name: 'vault', namespace: 'shop' };
    for (const cluster of clusters)
      await this.apply(cluster, { apiVersion: 'v1', kind: 'Service', metadata, spec: service });
    const text = await this.ok('eks-1', ['-n', 'sample', 'get', 'deployment', 'helloworld-v1', '-o', 'json']);
    const model = JSON.parse(text) as { spec: { template: { spec: Record<string, unknown> } } };
    const { serviceAccount: _, serviceAccountName: __, ...pod } = model.spec.template.spec;
    const labels = { app: 'vault' };
    const template = { metadata: { labels }, spec: pod };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    await this.apply('eks-1', { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
    await this.ok('eks-1', ['-n', 'shop', 'rollout', 'status', 'deployment/vault', '--timeout', '120s']);
  }

  async apply(cluster: string, object: object): Promise<void> {
    const file = join(this.folder, `object-${cluster}.json`);
    await writeFile(file, JSON.stringify(object));
    await this.ok(cluster, ['apply', '-f', file]);
  }

  /** What drills change, as far as people write it. */
  async objects(): Promise<string> {
    const kinds = [
      'destinationrules.networking.istio.io',
      'virtualservices.networking.istio.io',
      'envoyfilters.networking.istio.io',
      'peerauthentications.security.istio.io',
      'authorizationpolicies.security.istio.io',
      'gateways.networking.istio.io',
    ].join(',');
    const replicas = 'jsonpath={range .items[*]}{.metadata.name}={.spec.replicas}{"\\n"}{end}';
    const specs = 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec}{"\\n"}{end}';
    const all = await Promise.all(
      clusters.flatMap((cluster) => [
        this.ok(cluster, ['get', kinds, '-A', '-o', specs]),
        this.ok(cluster, ['get', 'deployments', '-A', '-o', replicas]),
        this.ok(cluster, ['get', 'pods', '-A', '-l', 'istio.io/draining', '-o', 'name']),
        this.ok(cluster, [
          'get',
          'all,configmaps,roles,rolebindings,serviceaccounts',
          '-A',
          '-l',
          'isthmus.io/drill',
          '-o',
          'name',
        ]),
      ]),
    );
    return all.join('\n--\n');
  }

  /** A machine that is busy with something else proves nothing, which a drill says; it is asked again then. */
  async drill(args: readonly string[]): Promise<{ ran: Ran; report: DrillReport }> {
    for (let tries = 3; ; tries -= 1) {
      const ran = await this.isthmus(['drill', ...args, ...this.quick]);
      expect(ran.stdout, ran.stderr).toMatch(/^\{/);
      const report = JSON.parse(ran.stdout) as DrillReport;
      expect(report.verdict?.undone, ran.stdout).toEqual({ complete: true, problems: [] });
      if (report.verdict.measured.enough || tries === 1) return { ran, report };
    }
  }
}

/** What did not hold, one line each. */
export const refuted = ({ hypotheses, verdict }: DrillReport): string[] => [
  ...hypotheses.filter(({ state }) => state !== 'held').map(({ title, measured }) => `${title}: ${measured}`),
  ...verdict.measured.problems,
];
