import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureRemoteSecrets, ensureServices } from '../../../src/istio/index.ts';
import { openHealthGate } from '../../../src/mesh/build/health-gate.ts';
import { Session } from '../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import {
  blocked,
  type CheckResult,
  fail,
  type Outcome,
  pass,
  recordingReporter,
  silentReporter,
} from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

const signal = new AbortController().signal;
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy(['eks-1', 'eks-2', 'eks-3']);
});
afterEach(() => mesh.close());

const cluster = (name: string) => mesh.member(name).cluster;
const writes = (name: string) => mesh.member(name).server.writes;
const session = () =>
  new Session({
    topology: mesh.topology,
    reporter: silentReporter,
    signal,
    providers: {
      existing: async () =>
        ({
          name: 'existing',
          capabilities: () => cluster('eks-1').capabilities,
          list: async () => mesh.topology.clusters.map(({ name }) => name),
          connection: async (_: unknown, { name }: { name: string }) => mesh.member(name).server.connection,
        }) as unknown as ClusterProvider,
    },
  });

describe('links of one cluster with others', () => {
  const link = () =>
    ensureRemoteSecrets({
      topology: mesh.topology,
      clusters: [cluster('eks-2')],
      others: [cluster('eks-1'), cluster('eks-3')],
      reporter: silentReporter,
      signal,
    });

  it('are both ways, and none of the others with each other', async () => {
    for (const [holder, target] of [
      ['eks-1', 'eks-2'],
      ['eks-2', 'eks-3'],
      ['eks-3', 'eks-1'],
    ] as const)
      mesh.member(holder).server.drop({
        apiVersion: 'v1',
        kind: 'Secret',
        namespace: 'istio-system',
        name: `istio-remote-secret-${target}`,
      });
    mesh.forgetRequests();
    await link();
    expect(writes('eks-1')).toContain('apply Secret/istio-remote-secret-eks-2');
    expect(writes('eks-2')).toContain('apply Secret/istio-remote-secret-eks-3');
    expect(writes('eks-3')).not.toContain('apply Secret/istio-remote-secret-eks-1');
  });

  it('write nothing where they are true', async () => {
    await link();
    expect(mesh.members.flatMap(({ server }) => server.writes)).toEqual([]);
  });

  it('leave alone what others hold of clusters that the file no longer has', async () => {
    const stale = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'istio-remote-secret-gone',
        namespace: 'istio-system',
        labels: { 'istio/multiCluster': 'true', 'app.kubernetes.io/managed-by': 'isthmus' },
        annotations: { 'networking.istio.io/cluster': 'gone' },
      },
    };
    for (const { server } of mesh.members) server.put(stale);
    mesh.forgetRequests();
    await link();
    expect(writes('eks-1')).toEqual([]);
    expect(writes('eks-2')).toEqual(['remove Secret/istio-remote-secret-gone']);
  });
});

describe('what is wanted of services, in one cluster beside others', () => {
  const kinds = ['DestinationRule', 'VirtualService'] as const;
  const ofCart = (kind: (typeof kinds)[number]) => ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    namespace: 'shop',
    name: 'isthmus-cart',
  });
  const ensure = async (clusters: readonly string[], others: readonly string[], topology = mesh.topology) => {
    mesh.forgetRequests();
    const reporter = recordingReporter();
    const options = { clusters: clusters.map(cluster), others: others.map(cluster) };
    await ensureServices({ ...options, topology, reporter, signal });
    return reporter.events.flatMap((event) =>
      event.type === 'note' && event.code === 'SERVICES_WITHHELD' ? [event.message] : [],
    );
  };
  beforeEach(async () => {
    for (const { server } of mesh.members) for (const kind of kinds) server.drop(ofCart(kind));
    await ensure(['eks-1', 'eks-2', 'eks-3'], []);
  });

  it('is applied there alone where the others know every subset', async () => {
    mesh.member('eks-2').server.drop(ofCart('VirtualService'));
    expect(await ensure(['eks-2'], ['eks-1', 'eks-3'])).toEqual([]);
    expect(writes('eks-2')).toContain('apply VirtualService/isthmus-cart');
    expect([...writes('eks-1'), ...writes('eks-3')]).toEqual([]);
  });

  it('waits with routes that name what another gateway would reset', async () => {
    mesh.member('eks-1').server.drop(ofCart('DestinationRule'));
    mesh.member('eks-2').server.drop(ofCart('VirtualService'));
    const said = await ensure(['eks-2'], ['eks-1', 'eks-3']);
    expect(said).toEqual([expect.stringContaining('eks-2: routes to v1 of cart.shop')]);
    expect(writes('eks-2')).not.toContain('apply VirtualService/isthmus-cart');
    await ensure(['eks-2'], ['eks-3']);
    expect(writes('eks-2')).toContain('apply VirtualService/isthmus-cart');
  });

  it('keeps subsets that the others may still name, until they go there too', async () => {
    const services = mesh.topology.services.map((service) =>
      service.name === 'cart' ? { ...service, split: undefined } : service,
    );
    const topology = { ...mesh.topology, services };
    const said = await ensure(['eks-2'], ['eks-1', 'eks-3'], topology);
    expect(said).toEqual([expect.stringContaining('the removal of v1 of cart.shop')]);
    expect(writes('eks-2')).toContain('remove VirtualService/isthmus-cart');
    expect(mesh.member('eks-2').server.store.find(placeOf('eks-2'))).toBeDefined();
    await ensure(['eks-1', 'eks-2', 'eks-3'], [], topology);
    expect(mesh.member('eks-2').server.store.find(placeOf('eks-2'))).toBeUndefined();
  });

  const placeOf = (name: string) => ({
    kind: mesh.member(name).server.store.kindOf('networking.istio.io/v1', 'DestinationRule'),
    namespace: 'shop',
    name: 'isthmus-cart',
  });
});

describe('the gate between two clusters', () => {
  const result = (id: string, subject: string | undefined, outcome: Outcome): CheckResult => ({
    id,
    title: id,
    subject,
    outcome,
    durationMs: 0,
    docs: '',
  });
  const bad = fail('no', []);

  /** Looks at the mesh as the rounds say, one after another; the last one stays. */
  async function gate(changed: readonly string[], ...rounds: readonly CheckResult[][]) {
    let at = 0;
    const check = async () => rounds[Math.min(at++, rounds.length - 1)] ?? [];
    return (await openHealthGate(session(), { check, waitMs: 600 }))(changed);
  }

  it('opens where all is well, and stays shut for what fails in a changed cluster', async () => {
    await gate(['eks-1'], [result('istiod', 'eks-1', pass('yes'))]);
    const failing = gate(['eks-1'], [result('istiod', 'eks-1', bad), result('sync', 'eks-1 → eks-2', bad)]);
    await expect(failing).rejects.toMatchObject({
      code: 'CHECKS_FAILED',
      message: 'the mesh is not well: istiod (eks-1)',
    });
  });

  it('passes over what was not well before in a cluster whose turn has not come', async () => {
    await gate(['eks-1'], [result('istiod', 'eks-3', bad), result('trust', undefined, bad)]);
  });

  it('is shut for what became worse anywhere, blocked included', async () => {
    const well = [result('sync', 'eks-2 → eks-1', pass('yes'))];
    const worse = [result('sync', 'eks-2 → eks-1', blocked('remotes (eks-2)'))];
    await expect(gate(['eks-1'], well, worse)).rejects.toMatchObject({ code: 'CHECKS_FAILED' });
  });

  it('waits for what becomes true', async () => {
    const [no, yes] = [bad, pass('yes')].map((outcome) => [result('istiod', 'eks-1', outcome)]);
    await gate(['eks-1'], yes ?? [], no ?? [], yes ?? []);
  });

  it('asks about no cluster that is not in the mesh yet', async () => {
    mesh.member('eks-3').server.drop({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      namespace: 'istio-system',
      name: 'istio-reader-service-account',
    });
    const asked: string[][] = [];
    const check = async (_: readonly string[], { clusters }: { clusters: readonly { name: string }[] }) => {
      asked.push(clusters.map(({ name }) => name));
      return [];
    };
    const open = await openHealthGate(session(), { check, waitMs: 600 });
    await open(['eks-3']);
    expect(asked).toEqual([
      ['eks-1', 'eks-2'],
      ['eks-1', 'eks-2', 'eks-3'],
    ]);
  });
});
