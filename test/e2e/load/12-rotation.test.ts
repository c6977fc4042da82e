import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RotationReport } from '../../../src/report/index.ts';
import { complaints, type Ran, sharedBed } from '../bed.ts';
import { lossLines } from '../steady-load.ts';

const bed = sharedBed();
const clusters = ['eks-1', 'eks-2'];
/** Fewer than by default: a slow machine answers these beside other tests, see docs/rotation.md for what it loses at more. */
const rate = 20;
/** Gates are passed in seconds; a shorter time lets a gate that stays shut be seen soon. */
const quick = ['--yes', '--gate-timeout', '90', '--rate', String(rate), '-o', 'json'];

const reportOf = (ran: Ran): RotationReport => JSON.parse(ran.stdout) as RotationReport;

async function cacerts(cluster: string, key: string): Promise<string> {
  const path = `{.data.${key.replace('.', '\\.')}}`;
  const read = ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', `jsonpath=${path}`];
  return Buffer.from(await bed.ok(cluster, read), 'base64').toString('utf8');
}

/** SHA-256 of the trusted roots of every cluster, each once. */
async function roots(): Promise<string[]> {
  const files = await Promise.all(clusters.map((cluster) => cacerts(cluster, 'root-cert.pem')));
  const blocks = files.flatMap((file) => file.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []);
  const prints = blocks.map((pem) =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase(),
  );
  return [...new Set(prints)];
}

/** What a rotation needs in the clusters for its own requests must not stay there. */
async function leftovers(): Promise<string[]> {
  const kinds = 'services,destinationrules.networking.istio.io,gateways.networking.istio.io';
  const found = await Promise.all(
    clusters.flatMap((cluster) => [
      bed.ok(cluster, ['get', kinds, '-A', '-l', 'isthmus.io/probe', '-o', 'name']),
      bed.ok(cluster, ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'ls', '/tmp']),
      bed.ok(cluster, [
        'get',
        'pods',
        '-A',
        '-o',
        'jsonpath={.items[*].metadata.annotations.isthmus\\.io/nudged}',
      ]),
    ]),
  );
  return found.filter((text) => text !== '');
}

/** Processes of the caller's container, by name. */
async function processes(cluster: string): Promise<string> {
  const script = 'cat /proc/[0-9]*/comm';
  return bed.ok(cluster, ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'sh', '-c', script]);
}

/** Run a rotation until it says this on standard error, then kill it. */
async function killedAt(said: string): Promise<void> {
  const run = bed.start(['--events', 'plain', 'rotate', 'root', ...quick]);
  let output = '';
  for await (const line of run.iterable({ from: 'all' })) {
    output += `${line}\n`;
    if (output.includes(said)) break;
  }
  expect(output).toContain(said);
  run.kill('SIGKILL');
  await run;
}

/**
 * With so few ports to send from, each is used again soon, so that whatever the kernel still knows of a former
 * connection meets a later one in every run, not in one of ten.
 */
async function fewPorts(cluster: string): Promise<void> {
  const sysctls = [{ name: 'net.ipv4.ip_local_port_range', value: '32768 37767' }];
  const patch = JSON.stringify({ spec: { template: { spec: { securityContext: { sysctls } } } } });
  await bed.ok(cluster, ['-n', 'sample', 'patch', 'deployment', 'sleep', '-p', patch]);
  await bed.ok(cluster, ['-n', 'sample', 'rollout', 'status', 'deployment', 'sleep', '--timeout', '120s']);
}

beforeAll(() => Promise.all(clusters.map(fewPorts)));

describe('rotate root', () => {
  it('plans without changing anything', async () => {
    const before = await roots();
    const ran = await bed.isthmus(['rotate', 'root', '--plan', '-o', 'json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(reportOf(ran)).toMatchObject({ end: 'planned', position: { 'eks-1': 'old', 'eks-2': 'old' } });
    expect(await roots()).toEqual(before);
  });

  it('asks for --yes where nobody can be asked', async () => {
    const ran = await bed.isthmus(['rotate', 'root']);
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  });

  it('loses no request, and the old root is refused in the end', async () => {
    const [old] = await roots();
    const ran = await bed.isthmus(['rotate', 'root', ...quick]);
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    const report = reportOf(ran);
    expect(lossLines(report.load)).toEqual([]);
    expect(report.load).toMatchObject({ rate, lost: 0, failedConnections: 0 });
    expect(report.load?.pairs.map(({ from, to }) => `${from} ${to}`)).toEqual(
      clusters.flatMap((from) => clusters.map((to) => `${from} ${to}`)),
    );
    for (const pair of report.load?.pairs ?? []) expect(pair.newConnections).toBeGreaterThan(100);
    expect(
      report.proofs.map(({ state, detail }) => [state, /unknown certificate authority/.test(detail)]),
    ).toEqual(Array.from({ length: 4 }, () => ['refused', true]));
    expect(await roots()).toEqual([report.to?.fingerprint]);
    expect(report.to?.fingerprint).not.toBe(old);
    expect(await leftovers()).toEqual([]);
    const unchanged = await bed.isthmus(['up', '-o', 'json']);
    expect([unchanged.exitCode, await roots()]).toEqual([0, [report.to?.fingerprint]]);
  });

  it('killed in every phase, one after the other, is gone on with by the same command', async () => {
    const before = await roots();
    const moments = [
      'trust both: istio-ca-root-cert',
      'sign new: every istiod took',
      'drop old: every webhook',
      'prove: a certificate of the old root',
    ];
    for (const said of moments) {
      await killedAt(said);
      if (!said.startsWith('sign new')) continue;
      const up = await bed.isthmus(['up', '--no-check']);
      expect([up.exitCode, up.stderr]).toEqual([
        0,
        expect.stringContaining('a rotation of the root is under way'),
      ]);
    }
    const ran = await bed.isthmus(['rotate', 'root', ...quick]);
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    const report = reportOf(ran);
    expect(report.load).toMatchObject({ lost: 0, failedConnections: 0 });
    expect(report.proofs.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'refused'));
    const after = await roots();
    expect(after).toEqual([report.to?.fingerprint]);
    expect(before).not.toContain(report.to?.fingerprint);
    expect(await leftovers()).toEqual([]);
    for (const cluster of clusters) expect(await processes(cluster)).not.toContain('isthmus');
    expect(complaints(await bed.check(['trust', 'traffic']))).toEqual([]);
  }, 600_000);

  it('killed when it signs with the new root, is taken back by --abort', async () => {
    const before = await roots();
    await killedAt('sign new: every sidecar and gateway has');
    const ran = await bed.isthmus(['rotate', 'root', '--abort', ...quick]);
    expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
    expect(reportOf(ran)).toMatchObject({ end: 'aborted', load: { lost: 0, failedConnections: 0 } });
    expect(await roots()).toEqual(before);
    expect(complaints(await bed.check(['trust', 'traffic']))).toEqual([]);
  });

  it('does not begin where a proxy would never hear of the new root, and names its pod', async () => {
    const before = await roots();
    const config = '{"proxyMetadata":{"PROXY_CONFIG_XDS_AGENT":"false"}}';
    const image = await bed.ok('eks-2', [
      '-n',
      'sample',
      'get',
      'deploy',
      'sleep',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].image}',
    ]);
    await bed.ok('eks-2', [
      '-n',
      'sample',
      'run',
      'deaf',
      `--image=${image}`,
      '--image-pull-policy=IfNotPresent',
      `--annotations=proxy.istio.io/config=${config}`,
      '--command',
      '--',
      '/bin/sleep',
      'infinity',
    ]);
    await bed.ok('eks-2', ['-n', 'sample', 'wait', '--for=condition=Ready', 'pod/deaf', '--timeout=90s']);
    const ran = await bed.isthmus(['rotate', 'root', ...quick]);
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('sample/deaf')]);
    expect(ran.stderr).toContain('PROXY_CONFIG_XDS_AGENT');
    expect(await roots()).toEqual(before);
    await bed.ok('eks-2', ['-n', 'sample', 'delete', 'pod', 'deaf', '--now']);
  });
});

describe('rotate intermediates', () => {
  it('stops when a gate stays shut, says what became of the requests, and leaves nothing behind', async () => {
    const args = ['rotate', 'intermediates', '--yes', '--gate-timeout', '1', '-o', 'json'];
    const ran = await bed.isthmus(args, { timeoutMs: 120_000 });
    expect([ran.exitCode, ran.stderr]).toEqual([4, expect.stringContaining('TIMED_OUT')]);
    const report = reportOf(ran);
    expect(report).toMatchObject({ end: 'stopped', error: { code: 'TIMED_OUT' } });
    expect(report.load?.sent).toBeGreaterThan(0);
    expect(await leftovers()).toEqual([]);
  });

  it.each([['--now'], ['--lazy']])(
    '%s gives every cluster another intermediate and loses no request',
    async (how) => {
      const before = await Promise.all(clusters.map((cluster) => cacerts(cluster, 'ca-cert.pem')));
      const trusted = await roots();
      const ran = await bed.isthmus(['rotate', 'intermediates', how, ...quick]);
      expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
      expect(reportOf(ran).load).toMatchObject({ lost: 0, failedConnections: 0 });
      const after = await Promise.all(clusters.map((cluster) => cacerts(cluster, 'ca-cert.pem')));
      expect(after.filter((pem) => before.includes(pem))).toEqual([]);
      expect(await roots()).toEqual(trusted);
      expect(complaints(await bed.check(['trust', 'traffic']))).toEqual([]);
    },
  );
});
