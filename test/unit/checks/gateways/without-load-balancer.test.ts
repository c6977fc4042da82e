import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { change } from '../faults/fault.ts';
import { exposed, outcomeOf, proxiesHold } from './entered.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

/** The only node of eks-2 has this address of type ExternalIP. */
const onNode = (address: string) =>
  change(['v1', 'Node'], [undefined, 'node-1'], { status: { addresses: [{ type: 'ExternalIP', address }] } })(
    mesh,
  );

const withoutBalancer = () => {
  const { loadBalancers } = mesh;
  mesh.loadBalancers = async (name) => (name === 'eks-2' ? [] : loadBalancers(name));
};

const selector = { annotations: { 'traffic.istio.io/nodeSelector': '{}' } };
const port8443 = { labels: { 'networking.istio.io/gatewayPort': '8443' } };

interface Way {
  readonly address: string;
  readonly port: number;
  readonly enter: () => void;
  readonly balanced?: boolean;
}

const ways: Readonly<Record<string, Way>> = {
  'a NodePort that selects nodes': {
    address: '198.51.100.1',
    port: 31443,
    enter: () => {
      exposed(mesh, { type: 'NodePort', ports: [{ name: 'tls', port: 15443, nodePort: 31443 }] }, selector);
      onNode('198.51.100.1');
    },
  },
  'a ClusterIP with externalIPs': {
    address: '198.51.100.7',
    port: 15443,
    enter: () => exposed(mesh, { type: 'ClusterIP', externalIPs: ['198.51.100.7'] }),
  },
  'a NodePort that selects nodes and has externalIPs': {
    address: '198.51.100.7',
    port: 31443,
    enter: () => {
      const ports = [{ name: 'tls', port: 15443, nodePort: 31443 }];
      exposed(mesh, { type: 'NodePort', ports, externalIPs: ['198.51.100.7'] }, selector);
      onNode('198.51.100.1');
    },
  },
  'an address that its Gateway of the Gateway API states': {
    address: '198.51.100.9',
    port: 15443,
    enter: () => {
      const { server } = mesh.member('eks-2');
      server.put({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'gateways.gateway.networking.k8s.io' },
        spec: {
          group: 'gateway.networking.k8s.io',
          names: { kind: 'Gateway', plural: 'gateways' },
          versions: [{ name: 'v1', served: true }],
          scope: 'Namespaced',
        },
      });
      server.put({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: {
          namespace: 'istio-ingress',
          name: 'east-west',
          labels: { 'topology.istio.io/network': 'network2' },
        },
        spec: {
          gatewayClassName: 'istio-east-west',
          addresses: [{ type: 'IPAddress', value: '198.51.100.9' }],
          listeners: [{ name: 'tls', port: 15443, protocol: 'TLS', tls: { mode: 'Passthrough' } }],
        },
        status: { addresses: [{ type: 'IPAddress', value: '198.51.100.10' }] },
      });
      exposed(
        mesh,
        { type: 'ClusterIP' },
        { labels: { 'gateway.networking.k8s.io/gateway-name': 'east-west' } },
      );
    },
  },
  'port 8443 by label': {
    address: '192.0.2.2',
    port: 8443,
    balanced: true,
    enter: () =>
      change(['v1', 'Service'], ['istio-ingress', 'istio-eastwestgateway'], {
        metadata: port8443,
        spec: { ports: [{ name: 'tls', port: 8443, targetPort: 15443 }] },
      })(mesh),
  },
};

describe.each(Object.entries(ways))(
  'a gateway by %s',
  (_what, { address, port, enter, balanced = false }) => {
    beforeEach(() => {
      enter();
      if (!balanced) withoutBalancer();
    });
    const place = `${address}:${port}`;

    it('is whole, at that port', async () =>
      expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
        status: 'pass',
        detail: expect.stringContaining(port === 15443 ? `at ${address}` : `at ${place}`),
      }));

    it(`has ${balanced ? 'a load balancer that passes' : 'none, which is skipped'}`, async () =>
      expect(await outcomeOf(mesh, 'lb', 'eks-2')).toMatchObject(
        balanced
          ? { status: 'pass' }
          : { status: 'skip', reason: `no gateway here has a load balancer, its addresses are ${place}` },
      ));

    it('is probed there', async () =>
      expect(await outcomeOf(mesh, 'reach', 'eks-1 → eks-2')).toMatchObject({
        status: 'pass',
        detail: `${place} answered`,
      }));

    it('is what proxies elsewhere must hold', async () => {
      proxiesHold(mesh, address, port);
      expect(await outcomeOf(mesh, 'sync', 'eks-1')).toMatchObject({ status: 'pass' });
    });
  },
);

it('without a load balancer in one network for all is not looked at', async () => {
  mesh.loadBalancers = async () => [];
  for (const { cluster } of mesh.members) Object.assign(cluster.spec, { network: 'network1' });
  expect(await outcomeOf(mesh, 'lb', 'eks-1')).toMatchObject({
    status: 'skip',
    reason: 'all clusters share one network, and no gateway here has a load balancer',
  });
});

it('with a load balancer in one network for all is looked at all the same', async () => {
  for (const { cluster } of mesh.members) Object.assign(cluster.spec, { network: 'network1' });
  expect(await outcomeOf(mesh, 'lb', 'eks-1')).toMatchObject({ status: 'pass' });
});

it('that only another Gateway has an address for has none itself', async () => {
  ways['an address that its Gateway of the Gateway API states']?.enter();
  exposed(mesh, {}, { labels: { 'gateway.networking.k8s.io/gateway-name': 'another' } });
  expect(await outcomeOf(mesh, 'gateways', 'eks-2')).toMatchObject({
    status: 'fail',
    problems: [{ message: expect.stringContaining('has no address, being of type ClusterIP') }],
  });
});
