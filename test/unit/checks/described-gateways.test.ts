import { expect, it } from 'vitest';
import { describedWays } from '../../../src/checks/gateways/parts/described-gateways.ts';
import { meshNetworksOf } from '../../../src/istio/index.ts';
import type { ApiGateway } from '../../../src/kubernetes/index.ts';
import { topologyOf } from '../../fakes/mesh/topology.ts';

const clusters = topologyOf(['east', 'west', 'south']).clusters.map((spec) => ({ spec }));
type Given = Parameters<typeof describedWays>[1];

/** What is told of the network of east, by the cluster that has it. */
const ways = (
  told: Readonly<Record<string, readonly ApiGateway[]>>,
  silent: readonly string[] = [],
  networks: Readonly<Record<string, string>> = {},
) =>
  describedWays(
    clusters[0] as Parameters<typeof describedWays>[0],
    {
      clusters,
      facts: {
        answers: async ({ spec }: { spec: { name: string } }) => !silent.includes(spec.name),
        gateways: async ({ spec }: { spec: { name: string } }) => ({ apiGateways: told[spec.name] }),
        meshNetworks: async ({ spec }: { spec: { name: string } }) => meshNetworksOf(networks[spec.name]),
      },
    } as unknown as Given,
  );

const toEast: ApiGateway = {
  metadata: { labels: { 'topology.istio.io/network': 'network1' } },
  spec: {
    gatewayClassName: 'istio-remote',
    addresses: [{ type: 'IPAddress', value: '192.0.2.1' }],
    listeners: [{ port: 15443, tls: {} }],
  },
};

it('is no way in where no peer is told of one, or of another class or network', async () => {
  expect(await ways({})).toBeUndefined();
  const own = { ...toEast, spec: { ...toEast.spec, gatewayClassName: 'istio-east-west' } };
  const elsewhere = { ...toEast, metadata: { labels: { 'topology.istio.io/network': 'network2' } } };
  expect(await ways({ west: [own, elsewhere] })).toBeUndefined();
});

it('is one where every peer that answers is told of it', async () => {
  const told = await ways({ west: [toEast], south: [toEast] });
  expect(told).toEqual({ addresses: ['192.0.2.1:15443'], problems: [] });
  expect((await ways({ west: [toEast] }, ['south']))?.problems).toEqual([]);
});

it('names the peer that is not', async () => {
  expect((await ways({ west: [toEast] }))?.problems).toMatchObject([
    { cluster: 'south', message: expect.stringContaining('knows no gateway of network network1') },
  ]);
});

it('is one by an address of the mesh configuration, of the right network alone', async () => {
  const stated = (network: string) =>
    JSON.stringify({ networks: { [network]: { gateways: [{ address: '192.0.2.7', port: 443 }] } } });
  const toOwn = stated('network1');
  expect(await ways({}, [], { west: toOwn, south: toOwn })).toEqual({
    addresses: ['192.0.2.7:443'],
    problems: [],
  });
  expect(await ways({}, [], { west: stated('network2') })).toBeUndefined();
  expect((await ways({ west: [toEast] }, [], { south: stated('network2') }))?.problems).toMatchObject([
    { cluster: 'south', cause: expect.stringContaining('meshNetworks') },
  ]);
});
