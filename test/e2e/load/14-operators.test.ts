import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRoot } from '../../../src/pki/index.ts';
import type { RenewalReport, RotationReport } from '../../../src/report/index.ts';
import { blocksOfPage } from '../../unit/mesh/renewal-rights.ts';
import { authorityAged, bedRoot, patchAuthority } from '../authorities.ts';
import { Bed, complaints, type Ran, sharedBed } from '../bed.ts';
import { kubeconfigOfTokens } from '../kubeconfigs.ts';
import { lossLines, steadyLoad } from '../steady-load.ts';

const bed = sharedBed();
const clusters = ['eks-1', 'eks-2'];
/** The second operator: the same file and kubeconfig, a data folder without the root. */
let second: { env: Record<string, string> };
beforeAll(async () => {
  second = { env: { XDG_DATA_HOME: await mkdtemp(join(tmpdir(), 'isthmus-second-')) } };
});

const system = (...args: readonly string[]) => ['-n', 'istio-system', ...args];
const secretData = async (cluster: string, name: string): Promise<Record<string, string>> =>
  JSON.parse(await bed.ok(cluster, system('get', 'secret', name, '-o', 'jsonpath={.data}')));
const renewalOf = ({ stdout, stderr }: Ran): RenewalReport => {
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout) as RenewalReport;
};
const states = (report: RenewalReport) =>
  report.items.map(({ what, cluster, state }) => `${cluster} ${what} ${state}`);

/** Everything isthmus applies, by resourceVersion: what changes if anything is touched. */
async function versions(): Promise<string> {
  const kinds = 'secrets,serviceaccounts,services,deployments,roles,rolebindings';
  const path = '{range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion}{"\\n"}{end}';
  const all = await Promise.all(
    clusters.map((cluster) => bed.ok(cluster, system('get', kinds, '-o', `jsonpath=${path}`))),
  );
  return all.join('\n').replace(/^Deployment.*$/gm, '');
}

describe('a second operator without the root’s key', () => {
  it('changes nothing by up, and live traffic loses nothing', async () => {
    const load = await steadyLoad(bed, clusters);
    const up = await bed.isthmus(['up', '-o', 'json'], second);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(JSON.parse(up.stdout)).toMatchObject({ clusters: [], changes: [] });
    expect(lossLines(await load.stop())).toEqual([]);
  });

  it('touches nothing where an intermediate is due; whoever has the key renews it without loss', async () => {
    await patchAuthority(bed, 'eks-1', {
      data: await authorityAged(await bedRoot(bed), 'eks-1', 70),
      managed: true,
    });
    const load = await steadyLoad(bed, clusters);
    const before = await versions();
    const up = await bed.isthmus(['up'], second);
    expect([up.exitCode, up.stderr]).toEqual([3, expect.stringContaining('CA_KEY_MISSING')]);
    const tried = await bed.isthmus(['renew', '-o', 'json'], second);
    expect([tried.exitCode, states(renewalOf(tried))]).toEqual([
      1,
      ['eks-1 authority failed', 'eks-2 authority good', 'eks-1 token good', 'eks-2 token good'],
    ]);
    expect(await versions()).toBe(before);
    const planned = await bed.isthmus(['renew', '--plan', '-o', 'json']);
    expect([planned.exitCode, states(renewalOf(planned))[0]]).toEqual([0, 'eks-1 authority due']);
    expect(await versions()).toBe(before);
    const renewed = await bed.isthmus(['renew', '-o', 'json']);
    expect([renewed.exitCode, states(renewalOf(renewed))[0]]).toEqual([0, 'eks-1 authority renewed']);
    expect(complaints(await bed.check(['trust', 'traffic'], ['--wait', '120']))).toEqual([]);
    expect(lossLines(await load.stop())).toEqual([]);
  });
});

describe('an authority that somebody else made', () => {
  it('is left alone below the mesh’s root, and by every command below another', async () => {
    const own = await secretData('eks-2', 'cacerts');
    const sister = await authorityAged(await bedRoot(bed), 'eks-2', 0);
    const corporate = await authorityAged(
      await createRoot({ subject: 'Corporate root', algorithm: 'ecdsa-p256', years: 10 }),
      'eks-2',
      0,
    );
    try {
      await patchAuthority(bed, 'eks-2', { data: corporate, managed: false });
      for (const command of [
        ['up', '--no-check'],
        ['up', '--no-check', '--replace-root'],
      ]) {
        const ran = await bed.isthmus(command);
        expect([command, ran.exitCode, ran.stderr]).toEqual([
          command,
          2,
          expect.stringContaining('CA_FOREIGN'),
        ]);
      }
      for (const command of [
        ['renew'],
        ['rotate', 'root', '--yes', '--rate', '10'],
        ['rotate', 'intermediates', '--yes', '--rate', '10'],
      ])
        await bed.isthmus(command);
      expect(await secretData('eks-2', 'cacerts')).toEqual(corporate);
      await patchAuthority(bed, 'eks-2', { data: sister, managed: false });
      const up = await bed.isthmus(['up', '--no-check', '-o', 'json']);
      expect([up.exitCode, JSON.parse(up.stdout)]).toMatchObject([0, { changes: [] }]);
      expect(await secretData('eks-2', 'cacerts')).toEqual(sister);
    } finally {
      await patchAuthority(bed, 'eks-2', { data: own, managed: true });
    }
    expect(complaints(await bed.check(['trust', 'traffic'], ['--wait', '120']))).toEqual([]);
  });
});

describe('renew with the rights of its page alone', () => {
  it('renews an intermediate and every token', async () => {
    const rights = (await blocksOfPage('yaml'))[0] ?? '';
    const path = join(bed.folder, 'renew-rights.yaml');
    await writeFile(path, rights);
    const users = await Promise.all(
      clusters.map(async (name) => {
        await bed.ok(name, ['apply', '-f', path]);
        return [name, await bed.ok(name, system('create', 'token', 'isthmus-renew'))] as const;
      }),
    );
    const kubeconfig = await kubeconfigOfTokens(bed, new Map(users));
    const job = new Bed('renew', bed.folder);
    Object.defineProperty(job, 'file', { value: join(bed.folder, 'renew.yaml') });
    await job.write(
      (await bed.read())
        .replaceAll(
          /\{name: (eks-\d), provider: local/g,
          `{name: $1, provider: existing, kubeconfig: ${kubeconfig}, context: $1`,
        )
        .replace('  clusters:', '  istio: {remoteSecretDays: 200}\n  clusters:'),
    );
    await patchAuthority(bed, 'eks-2', {
      data: await authorityAged(await bedRoot(bed), 'eks-2', 70),
      managed: true,
    });
    const ran = await job.isthmus(['renew', '-o', 'json']);
    expect([ran.exitCode, states(renewalOf(ran))]).toEqual([
      0,
      ['eks-1 authority good', 'eks-2 authority renewed', 'eks-1 token renewed', 'eks-2 token renewed'],
    ]);
    for (const name of clusters) await bed.ok(name, ['delete', '-f', path]);
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, up.stderr).toBe(0);
    expect(complaints(await bed.check(['trust', 'secrets', 'remotes']))).toEqual([]);
  });
});

describe('rotate remote-secrets', () => {
  const pairs = [
    ['eks-1', 'eks-2'],
    ['eks-2', 'eks-1'],
  ] as const;
  const tokenOf = async ([holder, target]: (typeof pairs)[number]) => {
    const kubeconfig = (await secretData(holder, `istio-remote-secret-${target}`))[target] ?? '';
    return /token: (\S+)/.exec(Buffer.from(kubeconfig, 'base64').toString('utf8'))?.[1] ?? '';
  };
  const quick = ['rotate', 'remote-secrets', '--yes', '--rate', '20', '--gate-timeout', '120', '-o', 'json'];

  it('gives every holder a new token, refuses the former ones and loses no request', async () => {
    const before = await Promise.all(pairs.map((pair) => tokenOf(pair)));
    const planned = await bed.isthmus(['rotate', 'remote-secrets', '--plan', '-o', 'json']);
    expect([planned.exitCode, JSON.parse(planned.stdout)]).toMatchObject([0, { end: 'planned', steps: [] }]);
    expect(await Promise.all(pairs.map((pair) => tokenOf(pair)))).toEqual(before);
    const ran = await bed.isthmus(quick);
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    const report = JSON.parse(ran.stdout) as RotationReport;
    expect(report).toMatchObject({
      what: 'remote-secrets',
      end: 'done',
      load: { failedConnections: 0, losses: [] },
    });
    expect(report.proofs.map(({ cluster, by, state }) => [cluster, by, state])).toEqual([
      ['eks-2', 'api-server', 'refused'],
      ['eks-1', 'api-server', 'refused'],
    ]);
    const after = await Promise.all(pairs.map((pair) => tokenOf(pair)));
    expect(after.filter((token) => before.includes(token))).toEqual([]);
    for (const [at, [, target]] of pairs.entries()) {
      const alone = await kubeconfigOfTokens(bed, new Map([[target, before[at] ?? '']]));
      const refused = await bed.tool('kubectl', ['--kubeconfig', alone, 'auth', 'whoami']);
      expect([refused.exitCode, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/Unauthorized|logged in/),
      ]);
    }
    expect(`${ran.stderr}${ran.stdout}`).not.toContain('eyJ');
  });

  it('killed when a holder reads with its second token, is gone on with by the same command', async () => {
    const run = bed.start(['--events', 'plain', ...quick]);
    let output = '';
    for await (const line of run.iterable({ from: 'all' })) {
      output += `${line}\n`;
      if (output.includes('tokens of eks-1: new connections')) break;
    }
    run.kill('SIGKILL');
    await run;
    expect(output).toContain('tokens of eks-1: new connections');
    const ran = await bed.isthmus(quick);
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ end: 'done', load: { lost: 0, failedConnections: 0 } });
    expect(complaints(await bed.check(['secrets', 'remotes', 'shards', 'traffic']))).toEqual([]);
  });
});
