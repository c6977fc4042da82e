import { describe, expect, it } from 'vitest';
import { ServicesObservation } from '../../../src/istio/endpoints/observe-services.ts';
import { clusterLocalOf, type MeshConfig, type ProxyEndpoint } from '../../../src/istio/index.ts';
import type { EndpointSlice, KubeObject, Pod, Service } from '../../../src/kubernetes/index.ts';
import { serviceRows } from '../../../src/mesh/view/endpoint-view.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { groupBy } from '../../../src/report/index.ts';

type Spec = NonNullable<Service['spec']>;

const service = (spec: Partial<Spec> = {}, namespace = 'shop', name = 'cart'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
});

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, labels: { 'security.istio.io/tlsMode': 'istio' } },
});

const slice = (addresses: readonly string[], names: readonly string[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name: 'cart-1', labels: { 'kubernetes.io/service-name': 'cart' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map((address, at) => ({
    addresses: [address],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace: 'shop', name: names[at] ?? '' },
  })),
});

interface Lists {
  readonly services?: Service[] | undefined;
  readonly namespaces?: readonly KubeObject[];
}

/** A cluster with a gateway whose pods of `shop/cart` have these addresses. */
function observed(
  gateway: string,
  addresses: readonly string[],
  { services = [service()], namespaces = [] }: Lists,
): ServicesObservation {
  const names = addresses.map((address) => `cart-${address}`);
  return new ServicesObservation({
    services,
    slices: [slice(addresses, names)],
    pods: names.map(pod),
    nodes: [],
    namespaces,
    gateways: { addresses: [{ address: gateway, port: 15443 }], described: [], unresolved: [] },
  });
}

const cluster = (name: string, network: string) =>
  ({ spec: { name, network, ipFamily: 'ipv4' } }) as unknown as MeshCluster;
const clusters = [cluster('east', 'n1'), cluster('west', 'n2')];

const held = (address: string, port: number, more: Partial<ProxyEndpoint> = {}): ProxyEndpoint => ({
  cluster: 'outbound|80||cart.shop.svc.cluster.local',
  address,
  port,
  weight: 1,
  priority: 0,
  healthy: true,
  flags: [],
  locality: 'local/zone-1',
  stats: { rq_total: 20 },
  ...more,
});

interface Seen extends Lists {
  readonly held: readonly ProxyEndpoint[];
  readonly settings?: MeshConfig['serviceSettings'];
}

/** Rows of `east`, which has one pod, with two more in `west`. */
function rows({ held: endpoints, settings = [], ...lists }: Seen) {
  return serviceRows({
    clusters,
    observed: new Map([
      ['east', observed('1.1.1.1', ['10.1.0.1'], lists)],
      ['west', observed('2.2.2.2', ['10.2.0.1', '10.2.0.2'], lists)],
    ]),
    from: 'east',
    held: groupBy(endpoints, (one) => one.cluster),
    clusterLocal: [clusterLocalOf({ serviceSettings: settings })],
    recentOf: () => 5,
  });
}

const own = held('10.1.0.1', 8080);
const gateway = held('2.2.2.2', 15443, { weight: 2 });

describe('what a proxy holds of a service against what it should hold', () => {
  it('is the same: each endpoint with both weights, where it is, and what Envoy says of it', async () => {
    const [row] = await rows({ held: [own, gateway] });
    expect(row).toMatchObject({ service: 'shop/cart:80', state: 'same', notes: [], expected: 2, held: 2 });
    expect(row?.endpoints).toEqual([
      {
        address: '10.1.0.1',
        port: 8080,
        cluster: 'east',
        via: 'pod',
        expected: 1 / 3,
        held: 1 / 3,
        locality: 'local/zone-1',
        priority: 0,
        healthy: true,
        flags: [],
        requests: 20,
        recent: 5,
      },
      expect.objectContaining({
        address: '2.2.2.2',
        cluster: 'west',
        via: 'gateway',
        expected: 2 / 3,
        held: 2 / 3,
      }),
    ]);
  });

  it('differs where it misses one, and that one is a row without what is held', async () => {
    const [row] = await rows({ held: [own] });
    expect(row).toMatchObject({
      state: 'differs',
      notes: ['missing: the proxy misses 2.2.2.2:15443, the gateway of west'],
    });
    const missing = row?.endpoints?.find(({ address }) => address === '2.2.2.2');
    expect(missing).toMatchObject({
      expected: 2 / 3,
      held: undefined,
      healthy: false,
      requests: 0,
      recent: undefined,
    });
  });

  it('differs where it has one that nobody has, or goes straight into another network', async () => {
    const [row] = await rows({ held: [own, gateway, held('9.9.9.9', 8080), held('10.2.0.1', 8080)] });
    expect(row?.state).toBe('differs');
    expect(row?.notes.join('\n')).toMatch(/9\.9\.9\.9:8080, which no cluster has/);
    expect(row?.notes.join('\n')).toMatch(/10\.2\.0\.1:8080, a pod of west in network n2/);
    const nobodys = row?.endpoints?.find(({ address }) => address === '9.9.9.9');
    expect(nobodys).toMatchObject({ cluster: 'no cluster', via: 'unknown', expected: undefined });
    expect(row?.endpoints?.find(({ address }) => address === '10.2.0.1')?.cluster).toBe('west');
  });

  it('differs where the weights do, or what is healthy', async () => {
    const [weights] = await rows({ held: [own, held('2.2.2.2', 15443)] });
    expect(weights?.notes).toHaveLength(2);
    expect(weights?.notes[0]).toMatch(/^wrong weight: /);
    const [health] = await rows({
      held: [own, { ...gateway, healthy: false, flags: ['failed_outlier_check'] }],
    });
    expect(health?.notes).toEqual([
      'wrong health: the proxy holds 2.2.2.2:15443, the gateway of west, for unhealthy: failed_outlier_check',
    ]);
  });

  it('is unknown to a proxy that has none of it, which a Sidecar may be the cause of', async () => {
    const [row] = await rows({ held: [held('10.1.0.9', 1, { cluster: 'outbound|1||other' })] });
    expect(row).toMatchObject({ state: 'untold', held: 0, expected: 2 });
  });

  it('is its own cluster’s alone where its mesh configuration says so', async () => {
    const settings = [{ settings: { clusterLocal: true }, hosts: ['*.shop.svc.cluster.local'] }];
    const [row] = await rows({ held: [own], settings });
    expect(row).toMatchObject({ state: 'same', expected: 1 });
    const excepted = [
      ...settings,
      { settings: { clusterLocal: false }, hosts: ['cart.shop.svc.cluster.local'] },
    ];
    const [shared] = await rows({ held: [own, gateway], settings: excepted });
    expect(shared).toMatchObject({ state: 'same', expected: 2 });
  });

  it('is not compared where istiod does not give all of it', async () => {
    for (const special of [{ internalTrafficPolicy: 'Local' }, { trafficDistribution: 'PreferClose' }]) {
      const [row] = await rows({ services: [service(special)], held: [own] });
      expect(row?.state).toBe('not-compared');
      expect(row?.notes[0]).toMatch(Object.keys(special)[0] ?? '');
    }
  });

  it('is not compared where its namespace’s annotation has istiod choose by distance', async () => {
    const annotations = { 'networking.istio.io/traffic-distribution': 'PreferClose' };
    const namespaces = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', annotations } }];
    const [row] = await rows({ namespaces, held: [own] });
    expect(row).toMatchObject({
      state: 'not-compared',
      notes: [expect.stringMatching(/^its namespace’s annotation .* PreferClose chooses by distance$/)],
    });
  });

  it('is of TCP ports of services of the mesh, sorted', async () => {
    const both = [
      { name: 'web', port: 443, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'http', port: 80, protocol: 'TCP' },
    ];
    const services = [
      service({ ports: both }),
      service({}, 'istio-system', 'istiod'),
      service({}, 'kube-system', 'kube-dns'),
      service({}, 'default', 'kubernetes'),
      service({ clusterIP: 'None' }, 'shop', 'headless'),
      service({ type: 'ExternalName' }, 'shop', 'away'),
      service({}, 'app', 'first'),
    ];
    expect((await rows({ services, held: [own] })).map((row) => row.service)).toEqual([
      'app/first:80',
      'shop/cart:443',
      'shop/cart:80',
    ]);
  });
});
