import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/report/index.ts';
import { type CheckReport, problemsOf, root } from './bed.ts';
import { makeCertificates } from './guide/certificates.ts';
import { GuideMesh } from './guide/mesh.ts';

const mesh = new GuideMesh('guide');
const contexts = ['--context', 'east', '--context', 'west'];

/** As from a folder without a mesh file, with contexts that are named otherwise than the clusters. */
const doctor = async (...args: string[]) => {
  const command = [...contexts, ...args];
  const ran = await execa('./isthmus', ['-f', 'nowhere.yaml', 'doctor', ...command], {
    cwd: root,
    env: mesh.env,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode: ran.exitCode ?? -1, stdout: ran.stdout, stderr: ran.stderr };
};

const report = async (...args: string[]) => {
  const ran = await doctor('-o', 'json', ...args);
  if (!ran.stdout.startsWith('{')) throw new Error(`doctor printed no report: ${ran.stderr}`);
  return { ...ran, ...(JSON.parse(ran.stdout) as CheckReport) };
};

const of = (results: readonly CheckResult[], ...statuses: string[]) =>
  results.filter(({ outcome }) => statuses.includes(outcome.status));

/** Look until the mesh is as it should be, so that a fault never reaches the next test. */
async function healthy() {
  let last = await report();
  const bad = () =>
    of(last.results, 'fail', 'blocked').map(({ id, subject, outcome }) => ({ id, subject, outcome }));
  const look = async () => {
    if (bad().length > 0) last = await report();
    return bad();
  };
  await expect.poll(look, { timeout: 120_000, interval: 1000 }).toEqual([]);
  return last;
}

/** The one failure's problems; a fix must be a command of the user's contexts and need no mesh file. */
async function finding(id: string) {
  const { exitCode, results } = await report();
  expect(exitCode).toBe(1);
  const failed = of(results, 'fail').filter((result) => result.id === id);
  const problems = failed.flatMap(({ outcome }) => problemsOf(outcome));
  expect(problems, JSON.stringify(of(results, 'fail'))).not.toEqual([]);
  const text = JSON.stringify(problems);
  expect(text).not.toMatch(/isthmus up|the file|mesh\.yaml/);
  for (const { fix = '' } of problems) expect(fix).not.toMatch(/--context cluster\d/);
  return { problems, results };
}

beforeAll(async () => {
  await mesh.bareClusters();
  await mesh.follow();
  await mesh.deploySamples();
  await mesh.renameContexts({ cluster1: 'east', cluster2: 'west' });
});

afterAll(() => mesh.remove());

describe('doctor on a mesh that istioctl set up by Istio’s guide', () => {
  it('finds it healthy and warns of nothing but what is so', async () => {
    const { exitCode, results } = await healthy();
    expect(exitCode).toBe(0);
    // A mesh by the guide has no routing rules and no monitoring, so these have nothing to look at.
    expect(of(results, 'skip').map(({ id }) => id)).toEqual([
      'local-services',
      'config-parity',
      'failover',
      'split',
      'access',
      'residency',
    ]);
    const warnings = of(results, 'warn').flatMap(({ outcome }) => problemsOf(outcome));
    // The guide's tokens have no end, and features that a root's rotation needs are off by default.
    for (const { message } of warnings) expect(message).toMatch(/never ends|cannot rotate the root/);
  });

  it('says so in JUnit as well', async () => {
    const { exitCode, stdout } = await doctor('-o', 'junit');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/<testsuites[^>]*failures="0" errors="0" skipped="6"/);
    expect(stdout).toContain('isthmus.traffic');
  });

  it('finds a gateway that lost its network label', async () => {
    const label = (value: string) =>
      mesh.ok('west', [
        '-n',
        'istio-system',
        'label',
        'svc',
        'istio-eastwestgateway',
        `topology.istio.io/network${value}`,
      ]);
    await label('-');
    try {
      const { problems, results } = await finding('gateways');
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({
        cluster: 'cluster2',
        object: 'Service istio-system/istio-eastwestgateway',
        fix: 'kubectl --context west -n istio-system label service istio-eastwestgateway topology.istio.io/network=network2 --overwrite',
      });
      expect(
        new Set(results.filter(({ id }) => id === 'traffic').map(({ outcome }) => outcome.status)),
      ).toEqual(new Set(['blocked']));
    } finally {
      await label('=network2');
    }
  });

  it('warns of istio-system without its label, since sidecars know their network', async () => {
    await mesh.ok('west', ['label', 'namespace', 'istio-system', 'topology.istio.io/network-']);
    try {
      const { results } = await report();
      const warned = of(results, 'warn').flatMap(({ outcome }) => problemsOf(outcome));
      expect(warned.find(({ object }) => object === 'Namespace istio-system')).toMatchObject({
        cluster: 'cluster2',
        fix: 'kubectl --context west label namespace istio-system topology.istio.io/network=network2 --overwrite',
      });
    } finally {
      await mesh.ok('west', ['label', 'namespace', 'istio-system', 'topology.istio.io/network=network2']);
    }
  });

  it('finds a remote secret that is gone', async () => {
    await mesh.ok('east', ['-n', 'istio-system', 'delete', 'secret', 'istio-remote-secret-cluster2']);
    try {
      const { problems } = await finding('secrets');
      expect(problems[0]).toMatchObject({
        cluster: 'cluster1',
        object: 'Secret istio-system/istio-remote-secret-cluster2',
        fix: 'istioctl create-remote-secret --context west --name cluster2 | kubectl --context east apply -f -',
      });
    } finally {
      await mesh.discover('cluster1', 'cluster2');
    }
    await healthy();
  });

  it('finds another root on one side, and istiods that sign with roots of their own', async () => {
    const other = await makeCertificates(join(mesh.folder, 'other'), ['cluster2']);
    await mesh.plugIn('cluster2', join(other, 'cluster2'));
    const { problems } = await finding('trust');
    const different = problems.find(({ object }) => object === 'Secret istio-system/cacerts');
    expect(different).toMatchObject({ cluster: 'cluster2', message: 'has no root in common with cluster1' });
    expect(different?.fix).toContain(
      'kubectl --context west -n istio-system rollout restart deployment/istiod',
    );

    for (const cluster of ['cluster1', 'cluster2'] as const) await mesh.signWithOwnRoot(cluster);
    const own = (await finding('trust')).problems.filter(({ message }) => /of its own making/.test(message));
    expect(own.map(({ cluster }) => cluster).sort()).toEqual(['cluster1', 'cluster2']);
    expect(own[0]?.fix).toContain('kubectl --context east -n istio-system create secret generic cacerts');
  });
});
