import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { exposed, outcomeOf, proxiesHold } from './entered.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const host = 'istio-eastwestgateway.istio-ingress.svc.cluster.local';
type Network = { endpoints: object[]; gateways: object[] };
const named = (cluster: string, port: number): Network => ({
  endpoints: [{ fromRegistry: cluster }],
  gateways: [{ registryServiceName: host, port }],
});

/** Every istiod is told this, or those of `only`. */
function tell(networks: Readonly<Record<string, Network>>, only = ['eks-1', 'eks-2']): void {
  for (const { server } of mesh.members.filter(({ cluster }) => only.includes(cluster.spec.name)))
    server.store.merge(
      { kind: server.store.kindOf('v1', 'ConfigMap'), namespace: 'istio-system', name: 'istio' },
      { data: { meshNetworks: JSON.stringify({ networks }) } },
      { manager: 'test', dryRun: false },
    );
}

/** Nothing of eks-2 has a network label, as before Istio 1.8. */
function unlabelled(): void {
  const { server } = mesh.member('eks-2');
  const none = { metadata: { labels: { 'topology.istio.io/network': null } } };
  const strip = (kind: [string, string], namespace: string | undefined, name: string) =>
    server.store.merge({ kind: server.store.kindOf(...kind), namespace, name }, none, {
      manager: 'test',
      dryRun: false,
    });
  strip(['v1', 'Namespace'], undefined, 'istio-system');
  strip(['v1', 'Service'], 'istio-ingress', 'istio-eastwestgateway');
  strip(['v1', 'Pod'], 'istio-ingress', 'istio-eastwestgateway-6d5f7b9c8-abcde');
}

describe('a gateway that the mesh configuration names', () => {
  beforeEach(() => {
    unlabelled();
    exposed(mesh, {
      type: 'NodePort',
      ports: [
        { name: 'tls', port: 15443, nodePort: 31443 },
        { name: 'https', port: 443, nodePort: 30443, targetPort: 15443 },
      ],
      externalIPs: ['198.51.100.7'],
    });
    const { loadBalancers } = mesh;
    mesh.loadBalancers = async (name) => (name === 'eks-2' ? [] : loadBalancers(name));
    tell({ network1: named('eks-1', 15443), network2: named('eks-2', 443) });
  });

  it('is in use, at that port', async () => {
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
      status: 'pass',
      detail: '1 pods of network network2 at 198.51.100.7:443',
    });
    expect(await outcomeOf(mesh, 'lb', 'eks-2')).toMatchObject({
      status: 'skip',
      reason: expect.stringContaining('198.51.100.7:443'),
    });
    expect(await outcomeOf(mesh, 'networks', 'eks-2')).toMatchObject({ status: 'pass' });
    expect(await outcomeOf(mesh, 'config-parity')).toMatchObject({ status: 'pass' });
  });

  it('is probed, and what proxies must hold', async () => {
    expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({
      status: 'pass',
      detail: '198.51.100.7:443 answered',
    });
    proxiesHold(mesh, '198.51.100.7', 443);
    expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({ status: 'pass' });
  });

  it('is read once for all istiods that are told the same of it', async () => {
    const { server } = mesh.member('eks-2');
    const before = server.seen.length;
    expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({ status: 'pass' });
    const reads = server.seen.slice(before).filter(({ url }) => url.endsWith('/istio-eastwestgateway'));
    expect(reads.length).toBe(1);
  });

  it('shares its port with Gateways that end TLS themselves', async () => {
    mesh.member('eks-2').server.put({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { namespace: 'istio-ingress', name: 'web' },
      spec: {
        selector: { istio: 'eastwestgateway' },
        servers: [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, tls: { mode: 'SIMPLE' } }],
      },
    });
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({ status: 'pass' });
  });

  it('that lacks the port is one all the same to istiod, and a finding', async () => {
    tell({ network1: named('eks-1', 15443), network2: named('eks-2', 8443) });
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
      status: 'fail',
      problems: expect.arrayContaining([expect.objectContaining({ message: 'has no port 8443' })]),
    });
    proxiesHold(mesh, '198.51.100.7', 8443);
    expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({ status: 'pass' });
  });

  it('is none for an istiod that is told otherwise', async () => {
    tell({}, ['eks-1']);
    expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({
      status: 'fail',
      problems: expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringContaining('network network2 has no gateway address'),
        }),
      ]),
    });
    expect(await outcomeOf(mesh, 'config-parity')).toMatchObject({
      status: 'warn',
      problems: [
        {
          object: 'ConfigMap istio-system/istio',
          message: 'meshNetworks differs from that of eks-2',
          evidence: 'eks-1: none; eks-2: network1, network2',
        },
      ],
    });
  });

  it('is none where its network does not name the cluster', async () => {
    tell({ network1: named('eks-1', 15443), network2: { ...named('eks-3', 443) } });
    expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({ status: 'fail' });
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({ status: 'fail' });
  });

  it('that is not there is said', async () => {
    const gateways = [{ registryServiceName: 'gone.istio-ingress.svc.cluster.local', port: 443 }];
    tell({ network1: named('eks-1', 15443), network2: { ...named('eks-2', 443), gateways } });
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
      status: 'fail',
      problems: expect.arrayContaining([
        expect.objectContaining({
          object: 'ConfigMap istio-system/istio',
          message: expect.stringContaining('names gone.istio-ingress.svc.cluster.local as a gateway'),
        }),
      ]),
    });
  });
});

describe('of a network with several clusters', () => {
  const gone = 'gone.istio-ingress.svc.cluster.local';
  const together = (...names: string[]): Network => ({
    endpoints: [{ fromRegistry: 'eks-1' }, { fromRegistry: 'eks-2' }],
    gateways: names.map((registryServiceName) => ({ registryServiceName, port: 15443 })),
  });
  const said = async () => {
    const outcome = await outcomeOf(mesh, 'gateways', 'eks-2');
    const problems = 'problems' in outcome ? outcome.problems : [];
    return { status: outcome.status, messages: problems.map(({ message }) => message).join() };
  };

  beforeEach(() => {
    const { server } = mesh.member('eks-2');
    const none = { metadata: { labels: { 'topology.istio.io/network': null } } };
    const ref = { namespace: 'istio-ingress', name: 'istio-eastwestgateway' };
    const kind = server.store.kindOf('v1', 'Service');
    server.store.merge({ kind, ...ref }, none, { manager: 'test', dryRun: false });
  });

  it('each may have a gateway of its own', async () => {
    tell({ network2: together(host, gone) });
    expect((await said()).messages).not.toContain(gone);
  });

  it('one that has none of them is warned of, as others may', async () => {
    tell({ network2: together(gone) });
    expect((await said()).messages).toContain(`names ${gone} as a gateway`);
  });
});

it('a gateway with the network label goes by its labels, whatever the mesh configuration says of it', async () => {
  tell({ network1: named('eks-1', 443), network2: named('eks-2', 443) });
  for (const [id, subject] of [
    ['gateways', 'eks-2'],
    ['sync', 'eks-1'],
    ['lb', 'eks-2'],
  ] as const)
    expect(await outcomeOf(mesh, id, subject)).toMatchObject({ status: 'pass' });
  expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({
    detail: '192.0.2.2:15443 answered',
  });
});

describe('a network that is entered by an address of the mesh configuration', () => {
  beforeEach(() => {
    unlabelled();
    exposed(mesh, { type: 'ClusterIP' });
    const { loadBalancers } = mesh;
    mesh.loadBalancers = async (name) => (name === 'eks-2' ? [] : loadBalancers(name));
    const gateways = [{ address: '203.0.113.9', port: 8443 }];
    tell({ network1: named('eks-1', 15443), network2: { ...named('eks-2', 443), gateways } });
  });

  it('is looked at there', async () => {
    expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
      status: 'pass',
      detail: 'network network2 is entered outside of its clusters, at 203.0.113.9:8443',
    });
    expect(await outcomeOf(mesh, 'lb', 'eks-2')).toEqual({
      status: 'skip',
      reason: 'no gateway here has a load balancer, its addresses are 203.0.113.9:8443',
    });
    expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({
      detail: '203.0.113.9:8443 answered',
    });
  });

  it('is what proxies must hold', async () => {
    proxiesHold(mesh, '203.0.113.9', 8443);
    expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({ status: 'pass' });
  });
});

it('an address beside a cluster’s own gateway gets none of its requests, and counts for the weights', async () => {
  const gateways = [{ address: '203.0.113.9', port: 8443 }];
  tell({ network2: { ...named('eks-2', 443), gateways } });
  expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({ status: 'pass' });
  expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({
    detail: '192.0.2.2:15443 answered',
  });
});

it('a mesh configuration that cannot be read warns', async () => {
  const [first] = mesh.members;
  first?.server.store.merge(
    { kind: first.server.store.kindOf('v1', 'ConfigMap'), namespace: 'istio-system', name: 'istio' },
    { data: { meshNetworks: 'networks: {network2: {gateways: [{address: 203.0.113.9}]}}' } },
    { manager: 'test', dryRun: false },
  );
  expect(await outcomeOf(mesh, 'gateways', 'eks-1')).toMatchObject({
    status: 'warn',
    problems: [
      { object: 'ConfigMap istio-system/istio', evidence: 'network network2: no port from 1 to 65535: none' },
    ],
  });
});

it('a name for the network that the cluster’s label contradicts is a finding, where that has no other gateway', async () => {
  const { server } = mesh.member('eks-2');
  server.store.merge(
    {
      kind: server.store.kindOf('v1', 'Service'),
      namespace: 'istio-ingress',
      name: 'istio-eastwestgateway',
    },
    { metadata: { labels: { 'topology.istio.io/network': null } } },
    { manager: 'test', dryRun: false },
  );
  tell({ other: named('eks-2', 15443) });
  expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
    status: 'fail',
    problems: [{ message: expect.stringContaining('as a gateway of network other') }],
  });
  server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: 'istio-ingress',
      name: 'second',
      labels: { 'topology.istio.io/network': 'network2' },
    },
    spec: {
      type: 'ClusterIP',
      selector: { istio: 'eastwestgateway' },
      ports: [{ port: 15443 }],
      externalIPs: ['192.0.2.2'],
    },
  });
  expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({ status: 'warn' });
});
