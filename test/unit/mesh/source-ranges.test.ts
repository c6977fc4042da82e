import { expect, test } from 'vitest';
import { Session } from '../../../src/mesh/session/session.ts';
import { withKnownPeers } from '../../../src/mesh/session/source-ranges.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { cidrOf, type GatewaySpec, parseTopology } from '../../../src/topology/index.ts';

const meshOf = (gateways: string) =>
  parseTopology(
    `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: demo}
spec:
  clusters:
    - {name: a, provider: local, cidr: 10.1.0.0/16, gateways: ${gateways}}
    - {name: b, provider: local, cidr: 10.2.0.0/16}
`,
    'mesh.yaml',
  );

/** What each cluster sends from, by the way that is asked for. */
type Senders = Readonly<Record<'internet' | 'private', Readonly<Record<string, readonly string[]>>>>;

async function gatewaysOf(
  text: string,
  senders: Senders,
): Promise<Record<'ingress' | 'eastWest', GatewaySpec>> {
  const topology = meshOf(text);
  const sendsFrom: ClusterProvider['sendsFrom'] = async (_, { name }, over) =>
    (senders[over][name] ?? []).map(cidrOf);
  const provider = { name: 'local', sendsFrom } as unknown as ClusterProvider;
  const signal = new AbortController().signal;
  const session = new Session({
    topology,
    reporter: silentReporter,
    signal,
    providers: { local: async () => provider },
  });
  const [first] = topology.clusters;
  if (!first) throw new TypeError('no cluster');
  return (await withKnownPeers(session, first)).gateways;
}

const senders: Senders = {
  internet: { a: ['203.0.113.1/32'], b: ['203.0.113.2/32', '2001:db8::/56'] },
  private: { a: ['10.1.0.0/16'], b: ['10.2.0.0/16'] },
};

test('peers stands for what the clusters send from, by the way that the exposure makes them come', async () => {
  const { ingress, eastWest } = await gatewaysOf(
    '{ingress: {sourceRanges: [192.0.2.0/24, peers]}, eastWest: {exposure: internet-facing, sourceRanges: [peers]}}',
    senders,
  );
  expect(ingress.sourceRanges.map(String)).toEqual(['192.0.2.0/24', '10.1.0.0/16', '10.2.0.0/16']);
  expect(eastWest.sourceRanges.map(String)).toEqual(['203.0.113.1/32', '203.0.113.2/32', '2001:db8::/56']);
});

test('a peer that does not exist yet is left out, and nobody at all is never everybody', async () => {
  const text = '{eastWest: {sourceRanges: [peers]}}';
  const { eastWest } = await gatewaysOf(text, { ...senders, private: { a: ['10.1.0.0/16'] } });
  expect(eastWest.sourceRanges.map(String)).toEqual(['10.1.0.0/16']);
  await expect(gatewaysOf(text, { ...senders, private: {} })).rejects.toMatchObject({
    code: 'RANGES_UNKNOWN',
  });
});

test('nobody is asked where the file names the blocks itself', async () => {
  const { ingress, eastWest } = await gatewaysOf('{eastWest: {sourceRanges: [192.0.2.0/24]}}', {
    internet: {},
    private: {},
  });
  expect([ingress, eastWest].map(({ sourceRanges }) => sourceRanges.map(String))).toEqual([
    [],
    ['192.0.2.0/24'],
  ]);
});
