import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillReport } from '../../src/report/index.ts';
import { Bed, complaints, localMesh, type Ran } from '../e2e/bed.ts';

const bed = new Bed('drills');
const clusters = ['eks-1', 'eks-2'];
/** Short, and slow enough for a machine that does other things beside. */
const quick = ['--yes', '--duration', '8', '--rate', '20', '-o', 'json'];

beforeAll(async () => {
  await bed.write(localMesh('drills', 2));
  const up = await bed.isthmus(['up'], { timeoutMs: 900_000 });
  if (up.exitCode !== 0) throw new Error(`the bed did not come up: ${up.stderr}`);
  await bed.isthmus(['contexts']);
});
afterAll(() => bed.isthmus(['down']));

const reportOf = (ran: Ran): DrillReport => JSON.parse(ran.stdout) as DrillReport;

/** What drills change, as far as people write it. */
async function objects(): Promise<string> {
  const kinds = [
    'destinationrules.networking.istio.io',
    'virtualservices.networking.istio.io',
    'envoyfilters.networking.istio.io',
    'peerauthentications.security.istio.io',
    'authorizationpolicies.security.istio.io',
    'gateways.networking.istio.io',
  ].join(',');
  const replicas = 'jsonpath={range .items[*]}{.metadata.name}={.spec.replicas}{"\\n"}{end}';
  const all = await Promise.all(
    clusters.flatMap((cluster) => [
      bed.ok(cluster, ['get', kinds, '-A', '-o', 'name']),
      bed.ok(cluster, ['get', 'deployments', '-A', '-o', replicas]),
      bed.ok(cluster, ['get', 'pods', '-A', '-l', 'istio.io/draining', '-o', 'name']),
      bed.ok(cluster, ['get', 'configmaps', '-A', '-l', 'isthmus.io/drill', '-o', 'name']),
    ]),
  );
  return all.join('\n--\n');
}

/** A machine that is busy with something else proves nothing, which a drill says; it is asked again then. */
async function drill(args: readonly string[]): Promise<{ ran: Ran; report: DrillReport }> {
  for (let tries = 3; ; tries -= 1) {
    const ran = await bed.isthmus(['drill', ...args, ...quick]);
    expect(ran.stdout, ran.stderr).toMatch(/^\{/);
    const report = reportOf(ran);
    expect(report.verdict.undone, ran.stdout).toEqual({ complete: true, problems: [] });
    if (report.verdict.measured.enough || tries === 1) return { ran, report };
  }
}

const refuted = ({ hypotheses }: DrillReport) =>
  hypotheses.filter(({ state }) => state !== 'held').map(({ title, measured }) => `${title}: ${measured}`);

describe('what cannot begin', () => {
  it.each([
    [['tornado'], 'DRILL_UNKNOWN', 2],
    [['failover', '--service', 'sample/nobody'], 'DRILL_BLOCKED', 1],
    [['failover', '--kind', 'flood'], 'DRILL_BLOCKED', 1],
    [['failover', '--cluster', 'eks-9'], 'DRILL_BLOCKED', 1],
  ])('drill %j says so and changes nothing', async (args, code, exitCode) => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', ...args, ...quick]);
    expect(ran.exitCode, ran.stdout).toBe(exitCode);
    expect(JSON.parse(ran.stdout)).toMatchObject({ code });
    expect(await objects()).toBe(before);
  });

  it('plans without changing anything', async () => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', 'failover', '--plan', '-o', 'json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(reportOf(ran)).toMatchObject({ end: 'planned', kind: 'DrillReport', variant: 'no-pods' });
    expect(await objects()).toBe(before);
  });
});

describe('each drill on a mesh that keeps its promises', () => {
  it.each([
    [['failover', '--kind', 'no-pods']],
    [['failover', '--kind', 'errors']],
    [['failover', '--kind', 'hang']],
    [['failover', '--kind', 'gateway']],
    [['canary']],
    [['migrate']],
    [['isolation']],
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
async function killedAt(said: string, signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
  const run = bed.start(['--events', 'plain', 'drill', 'failover', ...quick]);
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
    const again = await bed.isthmus(['drill', 'failover', ...quick]);
    expect(JSON.parse(again.stdout)).toMatchObject({ code: 'DRILL_UNDER_WAY' });
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.exitCode, undo.stdout + undo.stderr).toBe(0);
    expect(await objects()).toBe(before);
    expect(complaints(await bed.check([], ['--wait', '90']))).toEqual([]);
  });

  it('undoes itself on Ctrl+C', async () => {
    const before = await objects();
    await killedAt('… observe:', 'SIGINT');
    expect(await objects()).toBe(before);
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.stdout).toContain('nothing to undo');
  });
});
