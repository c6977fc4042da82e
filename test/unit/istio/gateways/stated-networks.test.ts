import { describe, expect, it, onTestFinished } from 'vitest';
import {
  addressEntries,
  meshNetworksOf,
  namedEntries,
  networkStatedFor,
  readIdentity,
} from '../../../../src/istio/index.ts';
import { FakeApiServer } from '../../../fakes/api-server.ts';

const text = `
networks:
  west:
    endpoints:
      - fromRegistry: c2
      - from_registry: c3
    gateways:
      - registryServiceName: istio-ingressgateway.istio-system.svc.cluster.local
        port: 443
      - address: 192.0.2.7
        port: "8443"
        locality: eu/a
  east:
    endpoints: [{fromCidr: 10.1.0.0/16}]
    gateways: [{registry_service_name: gw.istio.svc.cluster.local, port: 15443}]
  bare:
`;
const service = 'istio-ingressgateway.istio-system.svc.cluster.local';

describe('meshNetworks', () => {
  it('are read as the protocol buffer takes them, sorted by name', () => {
    expect(meshNetworksOf(text)).toEqual({
      stated: [
        { name: 'bare', registries: [], cidrs: [], entries: [] },
        {
          name: 'east',
          registries: [],
          cidrs: ['10.1.0.0/16'],
          entries: [{ service: 'gw.istio.svc.cluster.local', port: 15443 }],
        },
        {
          name: 'west',
          registries: ['c2', 'c3'],
          cidrs: [],
          entries: [
            { service, port: 443 },
            { address: '192.0.2.7', port: 8443 },
          ],
        },
      ],
    });
  });

  it.each([undefined, '', 'networks: {}', 'networks:', '{}'])('are none in %j', (none) =>
    expect(meshNetworksOf(none)).toEqual({ stated: [] }),
  );

  it.each([
    ['networks: {a: [}', /./],
    ['networks: {a: {gateways: [{address: 192.0.2.7}]}}', /network a: no port from 1 to 65535: none/],
    ['networks: {a: {gateways: [{address: 192.0.2.7, port: 70000}]}}', /no port .*: 70000/],
    ['networks: {a: {gateways: [{address: "a b", port: 443}]}}', /neither address nor name: a b/],
    ['networks: {a: {gateways: [{registryServiceName: gw/x, port: 443}]}}', /no full name: gw\/x/],
    ['networks: {a: {endpoints: [{fromRegistry: "arn:aws:eks:c"}]}}', /no name of a cluster: arn:aws:eks:c/],
    ['networks: {a: {endpoints: [{fromCidr: 10.0.0.0/33}]}}', /no block of addresses: 10.0.0.0\/33/],
  ])('that istiod refuses are none, and said: %s', (broken, fault) =>
    expect(meshNetworksOf(broken)).toEqual({ stated: [], fault: expect.stringMatching(fault) }),
  );

  it('name Services only of clusters that are in their network, and addresses of none', () => {
    const { stated } = meshNetworksOf(text);
    expect(namedEntries(stated, 'c3')).toEqual([{ network: 'west', service, port: 443 }]);
    expect(namedEntries(stated, 'c1')).toEqual([]);
    expect(addressEntries(stated)).toEqual([{ network: 'west', host: '192.0.2.7', port: 8443 }]);
  });

  const overlapping = `networks: {wide: {endpoints: [{fromCidr: 10.0.0.0/8}, {fromCidr: "fd00::/8"}]},
    narrow: {endpoints: [{fromCidr: 10.1.0.0/16}, {fromCidr: 10.9.0.1}]}, named: {endpoints: [{fromRegistry: c1}]}}`;
  it.each([
    ['by its name, whatever its addresses', 'c1', '10.1.0.4', 'named'],
    ['by an address, of which the widest block decides', 'c2', '10.1.0.4', 'wide'],
    ['by an address of IPv6', 'c2', 'fd00::1', 'wide'],
    ['of no network', 'c2', '192.0.2.1', undefined],
    ['without a name', undefined, '10.9.0.1', 'wide'],
    ['without an address', 'c2', undefined, undefined],
  ])('give a cluster its network %s', (...[, cluster, podIP, network]) =>
    expect(networkStatedFor(meshNetworksOf(overlapping).stated, { cluster, podIP })).toBe(network),
  );
});

describe('the network of a cluster that was found', () => {
  const namespace = 'istio-system';
  const identityOf = async ({ label = '', injected = '', networks = '', revision = '' }) => {
    const server = await FakeApiServer.start();
    onTestFinished(() => server.close());
    const env = [
      { name: 'CLUSTER_ID', value: 'c1' },
      { name: 'REVISION', value: revision },
    ];
    const suffix = revision ? `-${revision}` : '';
    const labels = { app: 'istiod' };
    const configMap = (name: string, data: object) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: `${name}${suffix}` },
      data,
    });
    server.put(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: label ? { 'topology.istio.io/network': label } : {} },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace, name: 'istiod', labels },
        spec: { template: { spec: { containers: [{ name: 'discovery', env }] } } },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name: 'istiod', labels },
        status: { podIP: '10.1.0.4' },
      },
      configMap('istio', { mesh: 'trustDomain: td', meshNetworks: networks }),
      configMap('istio-sidecar-injector', { values: JSON.stringify({ global: { network: injected } }) }),
    );
    return readIdentity(server.client());
  };
  const byName = 'networks: {stated: {endpoints: [{fromRegistry: c1}]}}';
  const byAddress = 'networks: {around: {endpoints: [{fromCidr: 10.1.0.0/16}]}}';

  it.each([
    ['the label', { label: 'own', injected: 'told', networks: byName }, 'own'],
    ['what sidecars are told', { injected: 'told', networks: byName }, 'told'],
    ['meshNetworks, by its name', { networks: byName }, 'stated'],
    ['meshNetworks of its revision', { networks: byName, revision: 'canary' }, 'stated'],
    ['meshNetworks, by its addresses', { networks: byAddress }, 'around'],
    ['nothing', { networks: 'networks: {other: {endpoints: [{fromRegistry: c9}]}}' }, 'unknown'],
  ])('is that of %s', async (_what, given, network) =>
    expect(await identityOf(given)).toMatchObject({ network, clusterId: 'c1', trustDomain: 'td' }),
  );
});
