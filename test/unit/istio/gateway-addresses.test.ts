import { createSocket, type Socket } from 'node:dgram';
import { getServers, setServers } from 'node:dns/promises';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { gatewayAddresses } from '../../../src/istio/index.ts';
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
    spec: { ports: [{ port: 15443 }] },
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
  expect(await addresses({ hostname })).toEqual({ addresses: [], unresolved: [`${hostname}: ${told}`] });
});

test('an address needs no resolver', async () => {
  code = 2;
  expect(await addresses({ ip: '192.0.2.1' }, { ip: '2001:db8::1' })).toEqual({
    addresses: [
      { address: '192.0.2.1', port: 15443 },
      { address: '2001:db8::1', port: 15443 },
    ],
    unresolved: [],
  });
});
