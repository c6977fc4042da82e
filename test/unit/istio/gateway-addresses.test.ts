import { createSocket, type Socket } from 'node:dgram';
import { getServers, setServers } from 'node:dns/promises';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { expectedEndpoints, gatewayAddresses } from '../../../src/istio/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

const usual = getServers();
let resolver: Socket;
/** What the resolver answers to every question; 2 is SERVFAIL, 3 NXDOMAIN. */
let code = 0;
let server: FakeApiServer;

beforeAll(async () => {
  resolver = createSocket('udp4', (query, { port, address }) => {
    const answer = Buffer.from(query);
    answer.writeUInt16BE(0x8180 | code, 2);
    resolver.send(answer, port, address);
  });
  resolver.bind(0, '127.0.0.1');
  await once(resolver, 'listening');
  setServers([`127.0.0.1:${resolver.address().port}`]);
  syncBuiltinESMExports();
});
afterAll(() => {
  setServers(usual);
  syncBuiltinESMExports();
  resolver.close();
});
afterEach(() => server.close());

async function addresses(...ingress: { ip?: string; hostname?: string }[]) {
  server = await FakeApiServer.start({ name: 'east' });
  server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'istio-ingress', name: 'gateway', labels: { 'topology.istio.io/network': 'n1' } },
    spec: { type: 'LoadBalancer', ports: [{ port: 15443 }] },
    status: { loadBalancer: { ingress } },
  });
  return gatewayAddresses({ kube: server.client() } as MeshCluster);
}

test.each([
  [3, 'ENOTFOUND'],
  [2, 'ESERVFAIL'],
])('a name that the resolver refuses with %i is told with what it said', async (answer, told) => {
  code = answer;
  // Another name each time, since answers are kept.
  const hostname = `lb-${answer}.example`;
  expect(await addresses({ hostname })).toEqual({
    addresses: [],
    described: [],
    unresolved: [`${hostname}: ${told}`],
  });
});

test('an address needs no resolver', async () => {
  code = 2;
  expect(await addresses({ ip: '192.0.2.1' }, { ip: '2001:db8::1' })).toEqual({
    addresses: [
      { address: '192.0.2.1', port: 15443 },
      { address: '2001:db8::1', port: 15443 },
    ],
    described: [],
    unresolved: [],
  });
});

const by = async (spec: object, metadata: object, ...others: KubeObject[]) => {
  server = await FakeApiServer.start({ name: 'east' });
  const labels = { 'topology.istio.io/network': 'n1' };
  server.put(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'istio-system', name: 'gateway', labels, ...metadata },
      spec,
    },
    ...others,
  );
  return (await gatewayAddresses({ kube: server.client() } as MeshCluster)).addresses;
};

test('nodes are asked for where a NodePort selects them', async () => {
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'a' },
    status: { addresses: [{ type: 'ExternalIP', address: '198.51.100.1' }] },
  };
  const nodePort = { type: 'NodePort', ports: [{ port: 15443, nodePort: 31443 }] };
  const annotations = { 'traffic.istio.io/nodeSelector': '{}' };
  expect(await by(nodePort, { annotations }, node)).toEqual([{ address: '198.51.100.1', port: 31443 }]);
  expect(server.seen.some(({ url }) => url.includes('/nodes'))).toBe(true);
  expect(await by({ ...nodePort, type: 'ClusterIP' }, { annotations }, node)).toEqual([]);
  expect(server.seen.some(({ url }) => url.includes('/nodes'))).toBe(false);
});

test('external addresses and another port by label count', async () => {
  const labels = { 'topology.istio.io/network': 'n1', 'networking.istio.io/gatewayPort': '8443' };
  const spec = { type: 'ClusterIP', externalIPs: ['198.51.100.7'], ports: [{ port: 8443 }] };
  expect(await by(spec, { labels })).toEqual([{ address: '198.51.100.7', port: 8443 }]);
});

test('a gateway without the network label is none beside others that have it, as istiod has it', async () => {
  await addresses({ ip: '192.0.2.1' });
  server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'istio-ingress', name: 'unused', labels: { istio: 'eastwestgateway' } },
    spec: { ports: [{ port: 15443 }], externalIPs: ['192.0.2.9'] },
  });
  expect(await gatewayAddresses({ kube: server.client() } as MeshCluster)).toEqual({
    addresses: [{ address: '192.0.2.1', port: 15443 }],
    described: [],
    unresolved: [],
  });
});

test('endpoints of other clusters are none for whoever keeps the host in its cluster', async () => {
  const clusters = ['a', 'b'].map(
    (name) => ({ spec: { name, network: name, ipFamily: 'ipv4' } }) as MeshCluster,
  );
  const observe = async ({ spec: { name } }: MeshCluster) =>
    ({
      service: { spec: { ports: [{ name: 'http', port: 80 }] } },
      slices: [
        {
          ports: [{ name: 'http', port: 80 }],
          endpoints: [{ addresses: [`10.0.0.${name.charCodeAt(0)}`], targetRef: { name } }],
        },
      ],
      pods: [{ metadata: { name, labels: { 'security.istio.io/tlsMode': 'istio' } } }],
      nodes: [],
      gateways: {
        addresses: [{ address: `192.0.2.${name.charCodeAt(0)}`, port: 15443 }],
        described: [],
        unresolved: [],
      },
    }) as never;
  const from = (clusterLocal: boolean) =>
    expectedEndpoints({
      clusters,
      from: 'a',
      service: { namespace: 'shop', name: 'cart', port: 80 },
      clusterLocal,
      observe,
    });
  expect((await from(false)).endpoints.map(({ cluster }) => cluster)).toEqual(['a', 'b']);
  const kept = await from(true);
  expect(kept.endpoints.map(({ cluster }) => cluster)).toEqual(['a']);
  expect(kept.shares).toEqual({ a: 1 });
  expect(kept.facts).toHaveLength(2);
});

const gatewayApi = {
  group: 'gateway.networking.k8s.io',
  names: { kind: 'Gateway', plural: 'gateways' },
  versions: [{ name: 'v1', served: true }],
  scope: 'Namespaced',
};

/** As Istio's guide has gateways of the Gateway API: labelled with their network, listening on 15443. */
const apiGateway = (name: string, { gatewayClassName = 'istio-remote', network = 'n2', more = {} } = {}) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'istio-system', name, labels: { 'topology.istio.io/network': network } },
  spec: {
    gatewayClassName,
    addresses: [
      { type: 'IPAddress', value: '198.51.100.1' },
      { type: 'IPAddress', value: '198.51.100.2' },
      { value: '198.51.100.3' },
      { type: 'NamedAddress', value: 'reserved' },
    ],
    listeners: [
      { name: 'tls', port: 15443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
      { name: 'discovery', port: 15012, protocol: 'TLS', tls: { mode: 'Passthrough' } },
    ],
    ...more,
  },
});

test('a Gateway of the class istio-remote tells its own cluster of another network’s gateway', async () => {
  server = await FakeApiServer.start({ name: 'east' });
  const name = 'gateways.gateway.networking.k8s.io';
  const kind = 'CustomResourceDefinition';
  server.put({ apiVersion: 'apiextensions.k8s.io/v1', kind, metadata: { name }, spec: gatewayApi });
  server.put(
    apiGateway('west'),
    apiGateway('own', { gatewayClassName: 'istio-east-west', network: 'n1' }),
    apiGateway('unlabelled', { network: '' }),
  );
  const spec = { name: 'east', network: 'n1' };
  const stated = ['198.51.100.1', '198.51.100.2'].map((address) => ({ address, port: 15443 }));
  expect(await gatewayAddresses({ kube: server.client(), spec } as MeshCluster)).toEqual({
    addresses: stated,
    described: stated.map((one) => ({ ...one, network: 'n2' })),
    unresolved: [],
  });
});

test.each<[string, object, { addresses: object[]; unresolved: string[] }]>([
  [
    'an address that its spec states',
    { spec: { addresses: [{ type: 'IPAddress', value: '198.51.100.9' }] } },
    { addresses: [{ address: '198.51.100.9', port: 15443 }], unresolved: [] },
  ],
  [
    'a name that its spec states',
    { spec: { addresses: [{ type: 'Hostname', value: 'gateway.example' }] } },
    { addresses: [], unresolved: ['gateway.example: ENOTFOUND'] },
  ],
  [
    'no address of its status, which is that of its Service',
    { spec: { addresses: [] }, status: { addresses: [{ type: 'IPAddress', value: '198.51.100.9' }] } },
    { addresses: [], unresolved: [] },
  ],
  [
    'the port for HBONE, which istiod gives to sidecars as well',
    {
      spec: {
        addresses: [{ type: 'IPAddress', value: '198.51.100.9' }],
        listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
      },
    },
    { addresses: [{ address: '198.51.100.9', port: 15008 }], unresolved: [] },
  ],
  [
    'the port of its label',
    {
      metadata: {
        labels: { 'topology.istio.io/network': 'n1', 'networking.istio.io/gatewayPort': '8443' },
      },
      spec: {
        addresses: [{ type: 'IPAddress', value: '198.51.100.9' }],
        listeners: [{ name: 'tls', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } }],
      },
    },
    { addresses: [{ address: '198.51.100.9', port: 8443 }], unresolved: [] },
  ],
])('a Gateway of the class istio-east-west is at %s', async (_what, more, expected) => {
  code = 3;
  server = await FakeApiServer.start({ name: 'east' });
  const name = 'gateways.gateway.networking.k8s.io';
  server.put({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: gatewayApi,
  });
  const usual = apiGateway('own', { gatewayClassName: 'istio-east-west', network: 'n1' });
  const { metadata = {}, spec: changed = {}, ...rest } = more as { metadata?: object; spec?: object };
  server.put({
    ...usual,
    ...rest,
    metadata: { ...usual.metadata, ...metadata },
    spec: { ...usual.spec, ...changed },
  });
  const spec = { name: 'east', network: 'n1' };
  expect(await gatewayAddresses({ kube: server.client(), spec } as MeshCluster)).toEqual({
    described: [],
    ...expected,
  });
});
