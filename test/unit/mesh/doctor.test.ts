import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tellFinding } from '../../../src/checks/engine/tell-finding.ts';
import { catalogue } from '../../../src/checks/index.ts';
import { readIdentity } from '../../../src/istio/index.ts';
import { meshOfContexts } from '../../../src/mesh/session/found-mesh.ts';
import { type CheckResult, type Finding, fail, type Problem } from '../../../src/report/index.ts';
import { istioNamespaceOf, type Topology } from '../../../src/topology/index.ts';
import { renderResults } from '../../../src/ui/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

const topology = {
  clusters: [
    { name: 'cluster1', provider: 'existing', context: 'arn:aws:eks:one/east' },
    { name: 'cluster2', provider: 'existing', context: 'cluster2' },
  ],
} as unknown as Topology;

const tell = (id: string, finding: Finding, withoutFile: boolean): Problem => {
  const check = catalogue.find((one) => one.id === id);
  if (!check) throw new Error(`no check ${id}`);
  return tellFinding(finding, { check, subject: undefined, audience: { topology, withoutFile } });
};

describe('fixes name what the user has', () => {
  const missing = {
    cluster: 'cluster1',
    peer: 'cluster2',
    object: 'Secret istio-system/istio-remote-secret-cluster2',
    message: 'does not exist, so its istiod knows nothing of cluster2',
  };

  it('the context of a cluster that calls itself otherwise, with a file and without one', () => {
    const fix = 'kubectl --context {context} get pods; kubectl --context {peerContext} get pods';
    for (const withoutFile of [false, true])
      expect(tell('sync', { ...missing, fix }, withoutFile)).toMatchObject({
        context: 'arn:aws:eks:one/east',
        fix: 'kubectl --context arn:aws:eks:one/east get pods; kubectl --context cluster2 get pods',
      });
  });

  it('kubectl and istioctl instead of a file, for the right holder and target', () => {
    expect(tell('secrets', missing, false).fix).toBe('isthmus up writes the secret anew');
    expect(tell('secrets', missing, true).fix).toBe(
      'istioctl create-remote-secret --context cluster2 --name cluster2 | kubectl --context arn:aws:eks:one/east apply -f -',
    );
  });

  it('leaves place-holders where nobody knows the other cluster', () => {
    const clusters = ['a', 'b', 'c'].map((name) => ({ name, provider: 'local' }));
    const audience = { topology: { clusters } as unknown as Topology };
    const check = { fix: 'kubectl --context {peerContext} get pods of {cluster}' };
    const told = tellFinding({ message: 'm', cluster: 'a' }, { check, subject: undefined, audience });
    expect(told.fix).toBe('kubectl --context PEER get pods of a');
  });

  it('in JUnit as well, as failures of their own', async () => {
    const problem = tell('secrets', { cluster: 'cluster1', message: 'does not <exist>' }, true);
    const result: CheckResult = {
      id: 'secrets',
      title: 'it is true',
      subject: 'cluster1',
      outcome: fail(problem.message, [problem]),
      durationMs: 3,
      docs: 'docs/checks/secrets.md',
    };
    const xml = await renderResults([result], 'junit', { color: false, width: 120 });
    expect(xml).toMatch(/<testsuites?[^>]*failures="1"/);
    expect(xml).toContain('kubectl --context arn:aws:eks:one/east');
    expect(xml).toContain('message="does not &lt;exist');
  });
});

describe('the mesh of contexts', () => {
  let folder: string;
  let servers: FakeApiServer[];
  const ids = ['east', 'east', 'west', ''];
  /** Contexts 4 and on: control planes in namespaces, of which those with a `*` hold remote secrets. */
  const planes = [['mesh-system'], ['team-a', 'team-b*'], ['istio-system', 'team-a'], ['team-a', 'team-b']];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isthmus-contexts-'));
    servers = await Promise.all([
      ...ids.map((id) => serverOf(id)),
      ...planes.map((namespaces, at) => serverOf(`c${at}`, namespaces)),
    ]);
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

  it('finds the namespace of each istiod, of several the one that is of a mesh of clusters', async () => {
    const { topology: found, missing } = await look('context2', 'context4', 'context5', 'context6');
    expect(missing.size).toBe(0);
    expect(found.clusters.map((one) => [one.name, istioNamespaceOf(one), one.network])).toEqual([
      ['west', 'istio-system', 'net-west'],
      ['c0', 'mesh-system', 'net-c0'],
      ['c1', 'team-b', 'net-c1'],
      ['c2', 'istio-system', 'net-c2'],
    ]);
  });

  it('says which istiods there are where nothing tells the mesh’s from the others', async () => {
    const { missing } = await look('context2', 'context7');
    expect(missing.get('context7')?.[0]).toMatchObject({
      message: 'has istiods in namespaces team-a, team-b, and nothing says which of them is of this mesh',
      fix: expect.stringContaining('istioNamespace'),
    });
  });

  it('takes the namespace that the webhook leads to for that of an istiod elsewhere', async () => {
    const server = await serverOf('');
    onTestFinished(() => server.close());
    const service = { name: 'istiod', namespace: 'external-istiod' };
    server.put({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'istio-sidecar-injector', labels: { app: 'sidecar-injector' } },
      webhooks: [{ name: 'rev.istio.io', clientConfig: { service } }],
    });
    expect(await readIdentity(server.client())).toMatchObject({
      clusterId: undefined,
      istioNamespace: 'external-istiod',
    });
  });
});

it.each([
  ['this machine’s, where a peer uses it', true],
  ['a peer’s own, where none does', false],
])('takes for the address of a cluster in a mesh of three %s', async (_what, straight) => {
  const gateway = 'https://istio-egressgateway.istio-system.svc:443';
  const servers = await Promise.all(['a', 'b', 'c'].map((name) => serverOf(name)));
  const directory = await mkdtemp(join(tmpdir(), 'isthmus-three-'));
  onTestFinished(async () => {
    await Promise.all([...servers.map((server) => server.close()), rm(directory, { recursive: true })]);
  });
  const own = servers[2]?.connection.config.cluster.server ?? '';
  for (const [at, address] of [gateway, straight ? own : gateway].entries()) {
    const config = {
      clusters: [{ name: 'c', cluster: { server: address } }],
      users: [{ name: 'c', user: { token: 'planted' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
      'current-context': 'c',
    };
    servers[at]?.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'istio-system', name: 'c', labels: { 'istio/multiCluster': 'true' } },
      data: { c: Buffer.from(JSON.stringify(config)).toString('base64') },
    });
  }
  const kubeconfig = join(directory, 'config');
  await writeFile(kubeconfig, kubeconfigOf(servers));
  const contexts = servers.map((_, at) => `context${at}`);
  const { topology: found } = await meshOfContexts({
    contexts,
    kubeconfig,
    signal: new AbortController().signal,
  });
  expect(found.clusters[2]).toMatchObject({ name: 'c', apiServer: straight ? own : gateway });
});

/** A cluster with istiods of that name; their sidecars are told a network, their namespaces have no label. */
async function serverOf(
  id: string,
  namespaces: readonly string[] = ['istio-system'],
): Promise<FakeApiServer> {
  const server = await FakeApiServer.start();
  const env = [{ name: 'CLUSTER_ID', value: id }];
  const spec = { template: { spec: { containers: [{ name: 'discovery', env }] } } };
  for (const one of namespaces) {
    const namespace = one.replace('*', '');
    const labels = { app: 'istiod' };
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    if (id)
      server.put({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace, name: 'istiod', labels },
        spec,
      });
    server.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'istio-sidecar-injector' },
      data: { values: JSON.stringify({ global: { network: `net-${id}` } }) },
    });
    const multiCluster = { 'istio/multiCluster': 'true' };
    if (one !== namespace)
      server.put({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: 'remote', labels: multiCluster },
      });
  }
  return server;
}

function kubeconfigOf(servers: readonly FakeApiServer[]): string {
  const named = servers.map(({ connection }, at) => ({
    name: `context${at}`,
    server: connection.config.cluster.server,
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
