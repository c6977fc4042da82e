import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { existingProvider } from '../../../src/existing/index.ts';
import { standaloneKubeconfig } from '../../../src/kubernetes/index.ts';
import type { ProviderContext } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import type { ClusterSpec, ExistingClusterSpec, Topology } from '../../../src/topology/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { internalGateway, internalGateways } from '../../fakes/gateways.ts';

let folder: string;
let fake: FakeApiServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-existing-'));
  fake = await FakeApiServer.start();
  await writeFile(join(folder, 'kubeconfig'), standaloneKubeconfig([fake.connection]));
});
afterEach(async () => {
  await fake.close();
  await rm(folder, { recursive: true });
});

const provider = existingProvider();
const spec = (more: Partial<ExistingClusterSpec> = {}): ExistingClusterSpec => ({
  name: 'a',
  provider: 'existing',
  network: 'network1',
  index: 0,
  cidr: undefined,
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  cloud: undefined,
  gateways: internalGateways,
  kubeconfig: 'kubeconfig',
  context: 'fake',
  apiServer: undefined,
  ...more,
});
const context = (...clusters: ClusterSpec[]): ProviderContext => ({
  topology: { name: 'demo', file: join(folder, 'mesh.yaml'), clusters } as unknown as Topology,
  reporter: silentReporter,
  signal: new AbortController().signal,
});

test('a context that is not there is answered with those there are', async () => {
  const wrong = spec({ context: 'nope' });
  expect(await provider.missingRequirements(context(wrong), [wrong])).toMatchObject([
    { code: 'CONTEXT_UNKNOWN', hint: 'use one of: fake' },
  ]);
  expect(await provider.observe(context(wrong), wrong)).toMatchObject({ state: 'unknown' });
});

/** Nodes of the clouds that these identities name. */
const putNodes = (...providerIDs: readonly string[]) =>
  fake.put(
    ...providerIDs.map((providerID, at) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `n${at}` },
      spec: { providerID },
    })),
  );

test('an API server on loopback is of no use to a second cluster, unless the file names another address', async () => {
  const one = spec();
  const two = spec({ name: 'b', index: 1, apiServer: 'https://100.64.0.12:6443/' });
  expect(await provider.missingRequirements(context(one), [one])).toEqual([]);
  const both = context(one, two);
  expect(await provider.missingRequirements(both, [one, two])).toMatchObject([
    { code: 'MESH_FILE_INVALID', message: expect.stringMatching(/^cluster a: .* http:\/\/127\.0\.0\.1:/) },
  ]);
  expect(await provider.plan(both, [one, two])).toMatchObject([
    { cluster: 'a', action: 'none', details: [expect.stringContaining('cannot reach its API server')] },
    { cluster: 'b', action: 'none', details: [] },
  ]);
  expect((await provider.connection(both, two)).apiServerForPeers).toBe('https://100.64.0.12:6443');
});

test('traits are those of any cluster unless the file says that it is a small one', () => {
  expect(provider.capabilities(spec())).toMatchObject({ proxy: 'istio', size: 'production' });
  const small = spec({ proxy: 'vanilla', size: 'small' });
  expect(provider.capabilities(small)).toMatchObject({ proxy: 'vanilla', size: 'small' });
});

test.each([
  [
    'aws',
    {
      node: 'aws:///eu-west-1a/i-0123',
      key: 'service.beta.kubernetes.io/aws-load-balancer-scheme',
      value: 'internal',
    },
  ],
  [
    'gke',
    { node: 'gce://project/zone/node', key: 'networking.gke.io/load-balancer-type', value: 'Internal' },
  ],
  [
    'aks',
    {
      node: 'azure:///subscriptions/x',
      key: 'service.beta.kubernetes.io/azure-load-balancer-internal',
      value: 'true',
    },
  ],
] as const)(
  'on %s exposure is done by annotations, or refused where the file names no cloud',
  async (cloud, { node, key, value }) => {
    putNodes('', node);
    expect(await provider.missingRequirements(context(spec()), [spec()])).toMatchObject([
      {
        code: 'MESH_FILE_INVALID',
        message: expect.stringContaining(`its nodes are ${cloud}'s, but the file names no cloud`),
        hint: `add \`cloud: ${cloud}\` to the cluster`,
      },
    ]);
    const named = spec({ cloud });
    expect(await provider.missingRequirements(context(named), [named])).toEqual([]);
    const { ingress, eastWest } = provider.capabilities(named).loadBalancers;
    expect([ingress.annotations[key], eastWest.annotations[key]]).toEqual([value, value]);
    const open = { ...internalGateway, exposure: 'internet-facing' as const };
    const facing = spec({ cloud, gateways: { ...internalGateways, ingress: open } });
    expect(provider.capabilities(facing).loadBalancers.ingress.annotations[key]).not.toBe(value);
    expect(provider.capabilities(facing).loadBalancers.eastWest.annotations[key]).toBe(value);
  },
);

test('where there is no cloud, no annotation can do what exposure says and none is asked for', async () => {
  putNodes('kind://docker/kind/node', '');
  expect(await provider.missingRequirements(context(spec()), [spec()])).toEqual([]);
  expect(provider.capabilities(spec()).loadBalancers.ingress.annotations).toEqual({});
});

test('rights that the user lacks are named before anything is touched in any cluster', async () => {
  fake.allows = ({ resource = '' }) => !['deployments', 'pods/exec'].includes(resource);
  expect(await provider.missingRequirements(context(spec()), [spec()])).toMatchObject([
    {
      code: 'API_REFUSED',
      problems: [
        { message: 'get, create pods/exec' },
        { message: 'get, list, create, patch, delete deployments.apps' },
      ],
    },
  ]);
  fake.allows = () => true;
  expect(await provider.missingRequirements(context(spec()), [spec()])).toEqual([]);
});

test('a cluster that does not answer is left to whoever works on it, and keeps no other waiting', async () => {
  await fake.close();
  expect(await provider.missingRequirements(context(spec()), [spec()])).toEqual([]);
  await expect(provider.ensure(context(spec()), spec())).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
  });
});

test('load balancers show the readiness of the gateways’ pods and claim no more', async () => {
  const service = (name: string, selector: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'istio-system' },
    spec: { type: 'LoadBalancer', selector, ports: [{ name: 'tls', port: 15443, targetPort: 15443 }] },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  });
  const endpoint = (address: string, conditions: object) => ({
    addresses: [address],
    conditions,
    nodeName: 'n1',
    zone: 'z1',
    targetRef: { kind: 'Pod', name: `gw-${address}` },
  });
  const slice = (of: string, ...endpoints: object[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${of}-1`,
      namespace: 'istio-system',
      labels: { 'kubernetes.io/service-name': of },
    },
    ports: [{ name: 'tls', port: 15443 }],
    endpoints,
  });
  fake.put(
    service('gw', { istio: 'eastwestgateway' }),
    service('shop', { app: 'shop' }),
    slice(
      'gw',
      endpoint('10.0.0.1', { ready: true }),
      endpoint('10.0.0.2', { ready: false }),
      endpoint('10.0.0.3', { ready: false, terminating: true }),
    ),
    slice('shop', endpoint('10.0.0.4', { ready: true })),
  );
  const [gateway, ...others] = await provider.loadBalancers(context(spec()), spec());
  expect(others).toEqual([]);
  expect(gateway).toMatchObject({ cluster: 'a', service: 'gw', addresses: ['1.2.3.4'] });
  const targets = gateway?.listeners[0]?.targets ?? [];
  expect(
    targets.map(({ address, port, state, zone, node, pod }) => [address, port, state, zone, node, pod]),
  ).toEqual([
    ['10.0.0.1', 15443, 'healthy', 'z1', 'n1', 'gw-10.0.0.1'],
    ['10.0.0.2', 15443, 'unhealthy', 'z1', 'n1', 'gw-10.0.0.2'],
    ['10.0.0.3', 15443, 'draining', 'z1', 'n1', 'gw-10.0.0.3'],
  ]);
  expect(targets[0]?.description).toContain('not visible from here');
});

test('the audit names a cluster that does not answer, for nobody knows what is left in it', async () => {
  await fake.close();
  expect(await provider.audit(context(spec()))).toEqual([
    { kind: 'cluster', id: 'a', cluster: 'a', detail: expect.stringMatching(/does not answer/) },
  ]);
});

test('the audit finds lists, keys and tokens that isthmus made, and not what was there before', async () => {
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus' };
  const named = (kind: string, name: string, more: object = {}) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'istio-system', labels, ...more },
  });
  const inventory = { labels: { ...labels, 'isthmus.io/inventory': 'gateways' } };
  const made = { annotations: { 'isthmus.io/created-by': 'isthmus' } };
  fake.put(
    named('ConfigMap', 'isthmus-inventory-gateways', inventory),
    named('ConfigMap', 'theirs'),
    named('Service', 'gw', made),
    named('Service', 'theirs'),
    named('Service', 'unlabelled', { ...made, labels: {} }),
  );
  expect(await provider.audit(context(spec()))).toEqual([
    { kind: 'ConfigMap', id: 'istio-system/isthmus-inventory-gateways', cluster: 'a' },
    { kind: 'Service', id: 'istio-system/gw', cluster: 'a' },
  ]);
});
