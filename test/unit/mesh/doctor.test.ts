import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/checks/index.ts';
import { inTheirContexts } from '../../../src/mesh/doctor-contexts.ts';
import { mendedByHand, withoutFile } from '../../../src/mesh/doctor-fixes.ts';
import { meshOfContexts } from '../../../src/mesh/found-mesh.ts';
import { type CheckResult, fail, type Problem } from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { renderResults } from '../../../src/ui/index.ts';
import { type Answer, type FakeApiServer, fakeApiServer } from '../kubernetes/fake-api-server.ts';

const topology = {
  clusters: [
    { name: 'cluster1', provider: 'existing', context: 'arn:aws:eks:one/east' },
    { name: 'cluster2', provider: 'existing', context: 'cluster2' },
  ],
} as unknown as Topology;

const result = (id: string, problem: Problem): CheckResult => ({
  id,
  title: 'it is true',
  subject: problem.cluster,
  outcome: fail(problem.message, [problem]),
  durationMs: 3,
  docs: `docs/checks/${id}.md`,
});

const first = (results: readonly CheckResult[]): Problem => {
  const [one] = results;
  if (one?.outcome.status !== 'fail' || !one.outcome.problems[0]) throw new Error('no problem');
  return one.outcome.problems[0];
};

describe('fixes name what the user has', () => {
  it('the context of a cluster that calls itself otherwise, in every command', () => {
    const fix = 'kubectl --context cluster1 get pods; kubectl --context cluster2 get pods';
    const told = first(
      inTheirContexts([result('sync', { message: 'm', cluster: 'cluster1', fix })], topology),
    );
    expect(told.fix).toBe(
      'kubectl --context arn:aws:eks:one/east get pods; kubectl --context cluster2 get pods',
    );
  });

  it('kubectl and istioctl instead of a file, for the right holder and target', () => {
    const problem = {
      cluster: 'cluster1',
      object: 'Secret istio-system/istio-remote-secret-cluster2',
      message: 'does not exist, so its istiod knows nothing of cluster2',
      fix: 'isthmus up writes the secret anew',
    };
    const told = first(inTheirContexts(withoutFile([result('secrets', problem)], topology), topology));
    expect(told.fix).toBe(
      'istioctl create-remote-secret --context cluster2 --name cluster2 | kubectl --context arn:aws:eks:one/east apply -f -',
    );
  });

  it('a command that was right already, and no word of a file', () => {
    const fix = 'kubectl --context cluster2 delete pod x';
    const problem = { cluster: 'cluster2', message: 'is about x, which the file does not have', fix };
    const told = first(withoutFile([result('secrets', problem)], topology));
    expect(told).toMatchObject({ fix, message: 'is about x, which the mesh does not have' });
  });

  it('something else for every check whose own fix needs a file', () => {
    const needing = catalogue.filter(({ fix }) => /isthmus (up|check)|spec\.[a-z]/.test(fix));
    expect(needing.length).toBeGreaterThan(5);
    expect(needing.map(({ id }) => id).filter((id) => !mendedByHand.has(id))).toEqual([]);
  });

  it('in JUnit as well, as failures of their own', () => {
    const problem = { cluster: 'cluster2', message: 'does not <exist>', fix: 'isthmus up' };
    const found = inTheirContexts(withoutFile([result('secrets', problem)], topology), topology);
    const xml = renderResults(found, 'junit', { color: false, width: 120 });
    expect(xml).toMatch(/<testsuites?[^>]*failures="1"/);
    expect(xml).toContain('istioctl create-remote-secret --context arn:aws:eks:one/east');
    expect(xml).toContain('message="does not &lt;exist');
  });
});

describe('the mesh of contexts', () => {
  let folder: string;
  let servers: FakeApiServer[];
  const ids = ['east', 'east', 'west', ''];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-contexts-'));
    servers = await Promise.all(ids.map((id) => fakeApiServer(({ url }) => answerOf(id, url))));
    await writeFile(join(folder, 'config'), kubeconfigOf(servers));
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await rm(folder, { recursive: true });
  });

  const look = (...contexts: string[]) =>
    meshOfContexts({
      contexts,
      kubeconfig: join(folder, 'config'),
      signal: AbortSignal.timeout(20_000),
    });

  it('finds two clusters of one CLUSTER_ID, each by its context, and leaves the others alone', async () => {
    const { topology: found, missing } = await look('context0', 'context1', 'context2');
    expect([...missing.keys()]).toEqual(['context0', 'context1']);
    const [problem] = missing.get('context0') ?? [];
    expect(problem).toMatchObject({ cluster: 'context0', evidence: 'CLUSTER_ID=east' });
    expect(problem?.message).toBe('calls its cluster east, and so does the istiod of context1');
    expect(found.clusters.map(({ name }) => name)).toEqual(['context0', 'context1', 'west']);
  });

  it('takes a context that is given twice once', async () => {
    const { topology: found, missing } = await look('context0', 'context2', 'context0');
    expect(missing.size).toBe(0);
    expect(found.clusters.map(({ name }) => name)).toEqual(['east', 'west']);
  });

  it('says of a cluster without istiod that it has none', async () => {
    const { missing } = await look('context2', 'context3');
    expect(missing.get('context3')?.[0]?.message).toMatch(/no istiod that states a CLUSTER_ID/);
  });

  it('reads the network from what sidecars are told where the namespace has no label', async () => {
    const { topology: found } = await look('context2', 'context0');
    expect(found.clusters.map(({ network }) => network)).toEqual(['net-west', 'net-east']);
  });
});

/** One istiod of that name; its sidecars are told a network, its namespace has no label. */
function answerOf(id: string, url: string): Answer | undefined {
  if (url.includes('/secrets')) return { body: { items: [] } };
  if (url.includes('/deployments')) {
    const env = [{ name: 'CLUSTER_ID', value: id }];
    const spec = { template: { spec: { containers: [{ name: 'discovery', env }] } } };
    return { body: { items: id ? [{ metadata: { name: 'istiod' }, spec }] : [] } };
  }
  if (url.endsWith('/configmaps/istio-sidecar-injector'))
    return { body: { data: { values: JSON.stringify({ global: { network: `net-${id}` } }) } } };
  if (/\/(pods|services)\?/.test(url) || /\/(pods|services)$/.test(url)) return { body: { items: [] } };
  return undefined;
}

function kubeconfigOf(servers: readonly FakeApiServer[]): string {
  const named = servers.map(({ connection }, at) => ({
    name: `context${at}`,
    server: connection.config.getCurrentCluster()?.server,
  }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: named.map(({ name, server }) => ({
      name,
      cluster: { server, 'insecure-skip-tls-verify': true },
    })),
    users: [{ name: 'user', user: { token: 'planted-token' } }],
    contexts: named.map(({ name }) => ({ name, context: { cluster: name, user: 'user' } })),
  });
}
