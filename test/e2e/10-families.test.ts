import { isIPv6 } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bed, complaints } from './bed.ts';
import { kernelObjects } from './support/kernel-objects.ts';

/**
 * One IPv4 and two IPv6 clusters on networks of their own: between them lie the pairs 4/6, 6/4 and
 * 6/6, in both directions. The shared bed is 4/4.
 */
const mesh = `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: families}
spec:
  clusters:
    - {name: four, provider: local, network: network-four, cidr: 10.4.0.0/16}
    - {name: six-1, provider: local, network: network-six-1, ipFamily: ipv6, cidr: "fd10:6:1::/64"}
    - {name: six-2, provider: local, network: network-six-2, ipFamily: ipv6, cidr: "fd10:6:2::/64"}
`;
const names = ['four', 'six-1', 'six-2'];
const bed = new Bed('families');
const isSix = (cluster: string) => cluster.startsWith('six');
const ofFamily = (cluster: string) => (address: string) => isIPv6(address) === isSix(cluster);

const words = async (cluster: string, ...args: string[]) => (await bed.ok(cluster, args)).split(/\s+/);

const gatewayAddresses = (cluster: string) =>
  words(
    cluster,
    ...['-n', 'istio-ingress', 'get', 'service', 'istio-eastwestgateway', '-o'],
    'jsonpath={.status.loadBalancer.ingress[*].ip}',
  );

interface Clusters {
  cluster_statuses: {
    name: string;
    host_statuses?: { address: { socket_address: { address: string; port_value: number } } }[];
  }[];
}

/** Where the proxy of a cluster's sleep sends requests for helloworld, as `address port`. */
async function helloEndpoints(cluster: string): Promise<string[]> {
  const exec = ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'istio-proxy', '--'];
  const admin = ['pilot-agent', 'request', 'GET', 'clusters?format=json'];
  const answer = JSON.parse(await bed.ok(cluster, [...exec, ...admin])) as Clusters;
  const hello = answer.cluster_statuses.find(
    ({ name }) => name === 'outbound|5000||helloworld.sample.svc.cluster.local',
  );
  return (hello?.host_statuses ?? [])
    .map(({ address: { socket_address: at } }) => `${at.address} ${at.port_value}`)
    .sort();
}

describe('a mesh of both address families', () => {
  beforeAll(async () => {
    await bed.write(mesh);
    const up = await bed.isthmus(['up', '--wait', '120']);
    expect(up.exitCode, `${up.stderr}${up.stdout}`).toBe(0);
    expect((await bed.isthmus(['contexts'])).exitCode).toBe(0);
  });
  afterAll(() => bed.isthmus(['down']));

  it('passes every check, with answers from all clusters to each', async () => {
    const report = await bed.check([], ['--wait', '60']);
    expect(report.exitCode, report.stderr).toBe(0);
    expect(complaints(report)).toEqual([]);
    const passed = (id: string) =>
      report.results.filter((one) => one.id === id && one.outcome.status === 'pass');
    expect(passed('reach')).toHaveLength(6);
    expect(passed('traffic')).toHaveLength(3);
    for (const { outcome } of passed('traffic'))
      for (const name of names) expect(JSON.stringify(outcome)).toMatch(new RegExp(`${name} [1-9]`));
  });

  it.each(names)('gives proxies of %s the other gateways’ addresses of its own family only', async (from) => {
    const own = await words(
      from,
      ...['-n', 'sample', 'get', 'pod', '-l', 'app=helloworld', '-o'],
      'jsonpath={.items[*].status.podIP}',
    );
    const gateways = await Promise.all(names.filter((name) => name !== from).map(gatewayAddresses));
    for (const addresses of gateways) expect(addresses.map(isIPv6).sort()).toEqual([false, true]);
    const through = gateways.flatMap((addresses) => addresses.filter(ofFamily(from)));
    const expected = [
      ...own.map((address) => `${address} 5000`),
      ...through.map((address) => `${address} 15443`),
    ];
    expect(own.filter(ofFamily(from))).toHaveLength(1);
    expect(await helloEndpoints(from)).toEqual(expected.sort());
  });

  it.each(['six-1', 'six-2'])(
    'makes nodes, pods and Services of %s IPv6 and nothing else',
    async (cluster) => {
      const addresses = await Promise.all([
        words(
          cluster,
          'get',
          'nodes',
          '-o',
          'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}',
        ),
        words(cluster, 'get', 'pods', '-A', '-o', 'jsonpath={.items[*].status.podIPs[*].ip}'),
        words(cluster, 'get', 'services', '-A', '-o', 'jsonpath={.items[*].spec.clusterIPs[*]}'),
      ]);
      for (const list of addresses) {
        expect(list.length).toBeGreaterThan(0);
        expect(list.filter((address) => !isIPv6(address))).toEqual([]);
      }
    },
  );

  it('refuses another family for a cluster that exists', async () => {
    await bed.write(mesh.replace('ipFamily: ipv6, cidr: "fd10:6:2::/64"', 'cidr: 10.6.0.0/16'));
    const up = await bed.isthmus(['up', '--no-check']);
    await bed.write(mesh);
    expect(up.exitCode).toBe(2);
    expect(up.stderr).toContain('cluster six-2 is ipv6 and cannot become ipv4');
  });

  it('is a mesh of IPv6 alone when the IPv4 cluster has left', async () => {
    await bed.write(mesh.replace(/.*name: four.*\n/, ''));
    const down = await bed.isthmus(['down', 'four']);
    expect(down.exitCode, down.stderr).toBe(0);
    const up = await bed.isthmus(['up', '--wait', '120']);
    expect(up.exitCode, `${up.stderr}${up.stdout}`).toBe(0);
    expect(complaints(await bed.check([], ['--wait', '60']))).toEqual([]);
    for (const [cluster, peer] of [
      ['six-1', 'six-2'],
      ['six-2', 'six-1'],
    ] as const) {
      expect((await gatewayAddresses(cluster)).map(isIPv6)).toEqual([true]);
      const secret = ['-n', 'istio-system', 'get', 'secret', `istio-remote-secret-${peer}`];
      const encoded = await bed.ok(cluster, [...secret, '-o', `jsonpath={.data.${peer}}`]);
      expect(Buffer.from(encoded, 'base64').toString()).toMatch(/server: "?https:\/\/\[fd69:/);
    }
  });

  it('leaves nothing behind', async () => {
    expect(await kernelObjects(bed.name)).not.toEqual([]);
    const down = await bed.isthmus(['down']);
    expect(down.exitCode, `${down.stderr}${down.stdout}`).toBe(0);
    expect(await kernelObjects(bed.name)).toEqual([]);
  });
});
