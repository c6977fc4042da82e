import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../e2e/bed.ts';
import { clusters, DrillBed, refuted } from '../e2e/support/drill-bed.ts';

const bed = new DrillBed('drills', 8);

beforeAll(() => bed.up(), 1_200_000);
afterAll(() => bed.isthmus(['down']));

const objects = () => bed.objects();
const drill = (args: readonly string[]) => bed.drill(args);

describe('what cannot begin', () => {
  it.each([
    [['tornado'], 'DRILL_UNKNOWN', 2],
    [['failover', '--service', 'sample/nobody'], 'DRILL_BLOCKED', 1],
    [['failover', '--kind', 'flood'], 'DRILL_BLOCKED', 1],
    [['failover', '--cluster', 'eks-9'], 'DRILL_BLOCKED', 1],
    [['residency', '--service', 'sample/helloworld'], 'DRILL_BLOCKED', 1],
  ])('drill %j says so and changes nothing', async (args, code, exitCode) => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', ...args, ...bed.quick]);
    expect(ran.exitCode, ran.stdout).toBe(exitCode);
    expect(JSON.parse(ran.stdout)).toMatchObject({ code });
    expect(await objects()).toBe(before);
  });

  it('plans without changing anything', async () => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', 'failover', '--plan', '-o', 'json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ end: 'planned', kind: 'DrillReport', variant: 'no-pods' });
    expect(await objects()).toBe(before);
  });
});

describe('each drill on a mesh that keeps its promises', () => {
  it.each([
    [['failover', '--kind', 'no-pods']],
    [['failover', '--kind', 'errors']],
    [['failover', '--kind', 'hang']],
    [['failover', '--kind', 'gateway']],
    [['failover', '--kind', 'api-server']],
    [['failover', '--kind', 'cluster']],
    [['canary']],
    [['migrate']],
    [['isolation']],
    [['residency']],
    [['scale']],
  ])('%j holds, and leaves everything as it was', async (args) => {
    const before = await objects();
    const { ran, report } = await drill(args);
    expect(refuted(report), ran.stderr).toEqual([]);
    expect(ran.exitCode).toBe(0);
    expect(await objects()).toBe(before);
  });
});

describe('each drill where its promise is taken away', () => {
  it('failover without outlier detection is refuted', async () => {
    const { ran, report } = await drill(['failover', '--kind', 'hang', '--as-is']);
    expect(ran.exitCode).toBe(1);
    expect(report.hypotheses.find(({ title }) => title === 'no request is lost')?.state).toBe('refuted');
  });

  it('isolation without a policy is refuted', async () => {
    const { ran, report } = await drill(['isolation', '--as-is']);
    expect(ran.exitCode).toBe(1);
    expect(report.verdict.hypothesis).toBe('refuted');
    expect(refuted(report).join()).toContain('0 of 8; another account of the namespace');
  });

  it('residency with gateways that let everything through is refuted', async () => {
    const gateway = ['-n', 'istio-ingress', 'patch', 'gateways.networking.istio.io', 'cross-network-gateway'];
    const set = (hosts: readonly string[]) => [
      ...gateway,
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'replace', path: '/spec/servers/0/hosts', value: hosts }]),
    ];
    for (const cluster of clusters) await bed.ok(cluster, set(['*.local']));
    try {
      const { ran, report } = await drill(['residency']);
      expect(ran.exitCode).toBe(1);
      const forged = report.hypotheses.find(({ title }) => title.startsWith('who asks a gateway'));
      expect(forged?.state).toBe('refuted');
      expect(forged?.measured).toContain('accepted: outbound_.5000_._.vault.shop.svc.cluster.local');
      expect(report.hypotheses.find(({ title }) => title.startsWith('no gateway knows'))?.state).toBe(
        'refuted',
      );
    } finally {
      for (const cluster of clusters) await bed.ok(cluster, set(['*.sample.svc.cluster.local']));
    }
  });

  it('a drill whose prober dies proves nothing and is undone', async () => {
    const before = await objects();
    const run = bed.start(['--events', 'plain', 'drill', 'failover', ...bed.quick]);
    let output = '';
    let killed: Promise<unknown> | undefined;
    for await (const line of run.iterable({ from: 'all' })) {
      output += `${line}\n`;
      if (output.includes('… observe:'))
        killed ??= bed.kubectl('eks-2', ['-n', 'sample', 'delete', 'pod', '-l', 'app=sleep', '--now']);
    }
    await Promise.all([run, killed]);
    expect(output).toContain('the drill ended before its time');
    expect((await run).exitCode).toBe(1);
    expect(await objects()).toBe(before);
    await bed.ok('eks-2', ['-n', 'sample', 'rollout', 'status', 'deployment/sleep', '--timeout', '120s']);
  });

  it('a canary that answers 500 is taken back at its first step', async () => {
    const file = join(bed.folder, 'bad-canary.yaml');
    await writeFile(file, badCanary);
    await bed.ok('eks-2', ['apply', '-f', file]);
    try {
      const { ran, report } = await drill(['canary']);
      expect(ran.exitCode).toBe(1);
      const worse = report.hypotheses.find(({ title }) => title.includes('does no worse'));
      expect(worse).toMatchObject({ state: 'refuted' });
      expect(worse?.measured).toContain('taken back');
      const back = report.hypotheses.find(({ title }) => title.startsWith('everything goes back'));
      expect(back?.state).toBe('held');
    } finally {
      await bed.ok('eks-2', ['-n', 'sample', 'delete', 'envoyfilter', 'bad-canary']);
    }
  });
});

/** 500 to everybody who does not say that it is a check. */
const badCanary = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: bad-canary, namespace: sample}
spec:
  workloadSelector: {labels: {app: helloworld}}
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: SIDECAR_INBOUND
        listener:
          filterChain:
            filter:
              name: envoy.filters.network.http_connection_manager
              subFilter: {name: envoy.filters.http.router}
      patch:
        operation: INSERT_BEFORE
        value:
          name: bad
          typed_config:
            '@type': type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
            abort: {http_status: 500, percentage: {numerator: 100}}
            headers: [{name: user-agent, string_match: {prefix: Go-http-client}}]
`;

/** Run a drill until it says this on standard error, then kill it. */
async function killedAt(
  said: string,
  signal: 'SIGKILL' | 'SIGINT',
  more: readonly string[] = [],
): Promise<void> {
  const run = bed.start(['--events', 'plain', 'drill', 'failover', ...bed.quick, ...more]);
  let output = '';
  let killed = false;
  // Read to its end: who stops reading breaks the pipe, which ends it in yet another way.
  for await (const line of run.iterable({ from: 'all' })) {
    output += `${line}\n`;
    if (!killed && output.includes(said)) killed = run.kill(signal);
  }
  expect(output).toContain(said);
  await run;
}

describe('a drill that is killed', () => {
  it.each([
    '[eks-1] prepare: outlier',
    '✓ [eks-2] prepare: outlier',
    '… [eks-1] act:',
    '… observe:',
    '… [eks-1] undo:',
  ])('at "%s" is undone by drill --undo', async (said) => {
    const before = await objects();
    await killedAt(said, 'SIGKILL');
    const again = await bed.isthmus(['drill', 'failover', ...bed.quick]);
    expect(JSON.parse(again.stdout)).toMatchObject({ code: 'DRILL_UNDER_WAY' });
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.exitCode, undo.stdout + undo.stderr).toBe(0);
    expect(await objects()).toBe(before);
    expect(complaints(await bed.check([], ['--wait', '90']))).toEqual([]);
  });

  it('while it has stopped an API server is undone as well', async () => {
    const before = await objects();
    await killedAt('… observe:', 'SIGKILL', ['--kind', 'api-server']);
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.exitCode, undo.stdout + undo.stderr).toBe(0);
    expect(await objects()).toBe(before);
    expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
  });

  it('is undone by the clusters themselves once its deadline is over', async () => {
    const before = await objects();
    await killedAt('… [eks-1] act:', 'SIGKILL', ['--deadline', '30']);
    await expect.poll(objects, { timeout: 150_000, interval: 3000 }).toBe(before);
    expect((await bed.isthmus(['drill', '--undo'])).stdout).toContain('nothing to undo');
    expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
  });

  it('undoes itself on Ctrl+C', async () => {
    const before = await objects();
    await killedAt('… observe:', 'SIGINT');
    expect(await objects()).toBe(before);
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.stdout).toContain('nothing to undo');
  });
});
