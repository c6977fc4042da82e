import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillReport } from '../../src/report/index.ts';
import { clusters, DrillBed, refuted } from '../e2e/support/drill-bed.ts';

const bed = new DrillBed('drills-refuted', 8);

beforeAll(() => bed.up(), 1_200_000);
afterAll(() => bed.isthmus(['down']));

const objects = () => bed.objects();
const drill = (args: readonly string[]) => bed.drill(args);
const stateOf = ({ hypotheses }: DrillReport, begin: string) =>
  hypotheses.find(({ title }) => title.startsWith(begin))?.state;

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
    await withErrors('eks-2', async () => {
      const { ran, report } = await drill(['canary']);
      expect(ran.exitCode).toBe(1);
      const worse = report.hypotheses.find(({ title }) => title.includes('does no worse'));
      expect(worse).toMatchObject({ state: 'refuted' });
      expect(worse?.measured).toContain('taken back');
      const back = report.hypotheses.find(({ title }) => title.startsWith('everything goes back'));
      expect(back?.state).toBe('held');
    });
  });

  it('migrate to pods that answer 500 is refuted', async () => {
    await withErrors('eks-2', async () => {
      const { ran, report } = await drill(['migrate', '--max-lost', '5000']);
      expect(ran.exitCode).toBe(1);
      expect(stateOf(report, 'no request is lost on the way')).toBe('refuted');
    });
  });

  it('scale by pods that answer 500 is refuted', async () => {
    await withErrors('eks-1', async () => {
      const { ran, report } = await drill(['scale', '--max-lost', '5000']);
      expect(ran.exitCode).toBe(1);
      expect(stateOf(report, 'callers of eks-1 use a new pod')).toBe('refuted');
      expect(stateOf(report, 'no request is lost while pods are added')).toBe('refuted');
    });
  });
});

/** Let the sample's pods of a cluster answer 500 meanwhile. */
async function withErrors(cluster: string, work: () => Promise<void>): Promise<void> {
  const file = join(bed.folder, 'errors.yaml');
  await writeFile(file, errors);
  await bed.ok(cluster, ['apply', '-f', file]);
  try {
    await work();
  } finally {
    await bed.ok(cluster, ['-n', 'sample', 'delete', 'envoyfilter', 'errors']);
  }
}

/** 500 to everybody who does not say that it is a check. */
const errors = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: errors, namespace: sample}
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
