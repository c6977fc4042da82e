import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/checks/index.ts';
import { complaints, sharedBed } from '../bed.ts';

const bed = sharedBed();
const clusters = ['eks-1', 'eks-2'];
/** Checks of objects that a new mesh has not: what is wanted of services, and monitoring. */
const nothingToLookAt = ['access', 'failover', 'local-services', 'residency', 'split'];

describe('a mesh of two local clusters', () => {
  it('passes lb, sync, trust and traffic, with hits from both clusters seen from both sides', async () => {
    const report = await bed.check(['lb', 'sync', 'trust', 'traffic'], ['--wait', '60']);
    expect(complaints(report)).toEqual([]);
    expect(report.exitCode).toBe(0);
    for (const cluster of clusters) {
      const traffic = report.results.find(({ id, subject }) => id === 'traffic' && subject === cluster);
      const evidence = JSON.stringify(traffic?.outcome);
      for (const peer of clusters) expect(evidence).toContain(peer);
    }
  });

  it('passes every check of the catalogue', async () => {
    const report = await bed.check([], ['--wait', '60']);
    expect(complaints(report)).toEqual([]);
    const idsOf = (status: string) =>
      [
        ...new Set(report.results.filter(({ outcome }) => outcome.status === status).map(({ id }) => id)),
      ].sort();
    expect(idsOf('skip')).toEqual(nothingToLookAt);
    const expected = catalogue.map(({ id }) => id).filter((id) => !nothingToLookAt.includes(id));
    expect(idsOf('pass')).toEqual(expected.sort());
  });

  it('gives Istio’s own analysis over all clusters nothing to warn of', async () => {
    const [first = '', ...others] = clusters;
    const remotes = others.flatMap((name) => ['--remote-contexts', name]);
    const { exitCode, stdout, stderr } = await bed.tool('istioctl', [
      'analyze',
      '-A',
      '--context',
      first,
      ...remotes,
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^Info \[IST0102\] \[cluster-eks-2\]/m);
    expect(stdout + stderr).not.toMatch(/(Warning|Error) \[IST\d{4}\]/);
  });

  it('writes contexts that plain kubectl and istioctl understand', async () => {
    for (const cluster of clusters) {
      expect(await bed.ok(cluster, ['get', 'pods', '-A'])).toContain('istiod');
      const remotes = await bed.tool('istioctl', ['--context', cluster, 'remote-clusters']);
      const peer = clusters.find((name) => name !== cluster) ?? '';
      expect(remotes.stdout).toMatch(new RegExp(`${peer}\\s+.*synced`));
      const sleep = await bed.ok(cluster, [
        '-n',
        'sample',
        'get',
        'pod',
        '-l',
        'app=sleep',
        '-o',
        'jsonpath={.items[0].metadata.name}',
      ]);
      const endpoints = await bed.tool('istioctl', [
        '--context',
        cluster,
        'proxy-config',
        'endpoints',
        `${sleep}.sample`,
      ]);
      expect(endpoints.stdout).toMatch(/:15443\s+HEALTHY\s+OK\s+outbound\|5000\|\|helloworld\.sample/);
    }
  });

  it('has nothing to do when repeated', async () => {
    const again = await bed.isthmus(['up', '-o', 'json', '--no-check']);
    expect(again.exitCode, again.stderr).toBe(0);
    const report = JSON.parse(again.stdout) as {
      clusters: unknown[];
      changes: { object: { name: string } }[];
    };
    // A token that was replaced, as by files that ran before, is revoked two minutes later by whoever comes then.
    const changes = report.changes.filter(({ object }) => !object.name.startsWith('isthmus-remote-reader-'));
    expect([report.clusters, changes]).toEqual([[], []]);
    const plan = await bed.isthmus(['plan', '-o', 'json']);
    expect(JSON.parse(plan.stdout)).toMatchObject({ changes: 0 });
  });

  it('prints tables, JUnit and a status screen', async () => {
    const table = await bed.isthmus(['check', 'clusters']);
    expect(table.stdout).toMatch(/pass.*clusters/);
    const junit = await bed.isthmus(['check', 'clusters', '-o', 'junit']);
    expect(junit.stdout).toContain('<testsuites');
    const status = await bed.isthmus(['status']);
    for (const word of [...clusters, 'synced', 'istio-eastwestgateway'])
      expect(status.stdout).toContain(word);
  });

  it('renders what it applies, without a secret', async () => {
    const rendered = await bed.isthmus(['render']);
    expect(rendered.exitCode, rendered.stderr).toBe(0);
    expect(rendered.stdout).toContain('kind: Deployment');
    expect(rendered.stdout).not.toMatch(/kind: Secret\b/);
    expect(rendered.stdout).not.toMatch(/PRIVATE KEY|client-key-data/);
  });
});
