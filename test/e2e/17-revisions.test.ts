import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckReport, problemsOf, root } from './bed.ts';
import { GuideMesh } from './guide/mesh.ts';

/** By istioctl, with certificate authorities that openssl made; cluster1 is on its way to another revision. */
const mesh = new GuideMesh('revisions');
const system = ['-n', 'istio-system'];

const isthmus = async (...args: string[]) => {
  const ran = await execa('./isthmus', args, { cwd: root, env: mesh.env, reject: false, stdin: 'ignore' });
  return { exitCode: ran.exitCode ?? -1, stdout: ran.stdout, stderr: ran.stderr };
};

async function doctor() {
  const contexts = ['--context', 'cluster1', '--context', 'cluster2'];
  const ran = await isthmus('-f', 'nowhere.yaml', 'doctor', ...contexts, '-o', 'json');
  if (!ran.stdout.startsWith('{')) throw new Error(`doctor printed no report: ${ran.stderr}`);
  return (JSON.parse(ran.stdout) as CheckReport).results;
}

const bad = async () =>
  (await doctor())
    .filter(({ outcome }) => outcome.status === 'fail' || outcome.status === 'blocked')
    .map(({ id, subject, outcome }) => ({ id, subject, outcome }));

/** What a check finds in cluster1, of whatever weight. */
async function findings(id: string) {
  const results = await doctor();
  return results
    .filter((result) => result.id === id && result.subject === 'cluster1')
    .flatMap(({ outcome }) => problemsOf(outcome));
}

const scale = async (replicas: number) => {
  await mesh.ok('cluster1', [...system, 'scale', 'deployment/istiod-canary', `--replicas=${replicas}`]);
  const gone = ['wait', '--for=delete', 'pod', '-l', 'app=istiod,istio.io/rev=canary', '--timeout=90s'];
  const ready = ['rollout', 'status', 'deployment/istiod-canary', '--timeout=120s'];
  await mesh.ok('cluster1', [...system, ...(replicas === 0 ? gone : ready)]);
};

beforeAll(async () => {
  await mesh.bareClusters();
  await mesh.follow();
  await mesh.addRevision('cluster1', 'canary', 'prod');
  await mesh.deploySamples();
  // By the tag instead, while another namespace stays with the first revision.
  const namespace = ['label', 'namespace', 'sample', 'istio-injection-', 'istio.io/rev=prod'];
  await mesh.ok('cluster1', namespace);
  await mesh.ok('cluster1', ['-n', 'sample', 'rollout', 'restart', 'deployment']);
  await mesh.ready('cluster1', 'sample');
  await mesh.ok('cluster1', ['create', 'namespace', 'behind']);
  await mesh.ok('cluster1', ['label', 'namespace', 'behind', 'istio-injection=enabled']);
});

afterAll(() => mesh.remove());

describe('two revisions of istiod in one cluster', () => {
  it('are a mesh that is whole, and each is looked at', async () => {
    await expect.poll(bad, { timeout: 120_000, interval: 1000 }).toEqual([]);
    const results = await doctor();
    const said = (id: string) =>
      results.find((result) => result.id === id && result.subject === 'cluster1')?.outcome;
    expect(said('istiod')).toMatchObject({ detail: expect.stringMatching(/^2 of 2 istiod ready/) });
    // By the guide's values neither can rotate its root, and each is told so.
    const config = said('istiod-config');
    expect(config && problemsOf(config).map(({ object }) => object)).toEqual([
      'Deployment istio-system/istiod',
      'Deployment istio-system/istiod-canary',
    ]);
  });

  it('a revision that is down is named though the other one serves', async () => {
    await scale(0);
    try {
      expect(await findings('istiod')).toMatchObject([
        { object: 'Deployment istio-system/istiod-canary', message: 'is scaled to 0 replicas' },
      ]);
      const [injection] = await findings('injection');
      expect(injection).toMatchObject({ object: 'MutatingWebhookConfiguration istio-revision-tag-prod' });
      expect(injection?.message).toContain('namespace sample');
    } finally {
      await scale(1);
    }
  });

  it('a namespace that asks for a revision that is not there is named', async () => {
    await mesh.ok('cluster1', ['label', 'namespace', 'behind', 'istio-injection-', 'istio.io/rev=gone']);
    try {
      expect(await findings('injection')).toMatchObject([
        { object: 'Namespace behind', message: expect.stringContaining('revision gone') },
      ]);
    } finally {
      await mesh.ok('cluster1', ['label', 'namespace', 'behind', 'istio.io/rev-', 'istio-injection=enabled']);
    }
  });

  it('a revision of another trust domain is named by its own ConfigMap', async () => {
    const map = [...system, 'get', 'configmap', 'istio-canary', '-o', 'jsonpath={.data.mesh}'];
    const config = await mesh.ok('cluster1', map);
    const put = (text: string) => {
      const patch = JSON.stringify({ data: { mesh: text } });
      return mesh.ok('cluster1', [...system, 'patch', 'configmap', 'istio-canary', '-p', patch]);
    };
    await put(config.replace(/trustDomain: .*/, 'trustDomain: elsewhere.local'));
    try {
      const found = await findings('istiod-config');
      expect(found.map(({ object }) => object)).toContain('ConfigMap istio-system/istio-canary');
    } finally {
      await put(config);
    }
    await expect.poll(bad, { timeout: 120_000, interval: 1000 }).toEqual([]);
  });
});

describe('certificate authorities that somebody else made', () => {
  const cluster = (name: string) =>
    `{name: ${name}, provider: existing, network: ${name.replace('cluster', 'network')}, context: ${name}, kubeconfig: kubeconfig, proxy: vanilla, size: small, adopt: true}`;
  const file = (trust = '') =>
    `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: foreign}\nspec:\n${trust}  clusters:\n    - ${cluster('cluster1')}\n    - ${cluster('cluster2')}\n`;
  const ownRoot = '  trust: {root: {certificate: certs/root-cert.pem, key: certs/root-key.pem}}\n';
  const path = join(mesh.folder, 'foreign.yaml');

  it('are a mesh’s own once the file names their root, and stay as they are', async () => {
    await writeFile(path, file(ownRoot));
    const shown = await isthmus('-f', path, 'trust', 'show', '-o', 'json');
    expect(shown.exitCode, shown.stderr).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      source: { signsHere: true },
      clusters: [{ authority: { madeBy: 'somebody else' } }, { authority: { madeBy: 'somebody else' } }],
    });
    const plan = await isthmus('-f', path, 'plan');
    expect(plan.stdout).not.toContain('CA_FOREIGN');
    expect(plan.stdout).not.toMatch(/cacerts/);
    const check = await isthmus('-f', path, 'check', 'trust', '-o', 'json');
    const { results } = JSON.parse(check.stdout) as CheckReport;
    expect(results.map(({ outcome }) => outcome.status)).not.toContain('fail');
  });
});
