import { describe, expect, it } from 'vitest';
import { type ClusterFacts, splitHorizon } from '../../../src/istio/endpoints/split-horizon.ts';

type Pod = Partial<ClusterFacts['endpoints'][number]>;

let last = 0;
/** Addresses of its gateways, and what its pods have besides an address and port 5000. */
interface Parts {
  readonly gateways: readonly string[];
  readonly pods: readonly Pod[];
}

function cluster(name: string, network: string, { gateways, pods }: Parts): ClusterFacts {
  return {
    cluster: name,
    network,
    ipFamily: 'ipv4',
    gateways: gateways.map((address) => ({ address, port: 15443 })),
    endpoints: pods.map((pod) => ({
      address: `10.0.0.${++last}`,
      port: 5000,
      ready: true,
      locality: '',
      mtls: true,
      ...pod,
    })),
  };
}

const seen = (facts: ClusterFacts[], from: string) =>
  splitHorizon(facts, from).endpoints.map(
    ({ address, port, weight, healthy }) => `${address}:${port}*${weight}${healthy ? '' : ' unhealthy'}`,
  );

describe('splitHorizon', () => {
  it('sends to own pods directly and to another network by its gateway, by number of pods', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{ address: '10.1.0.1' }] }),
      cluster('b', 'n2', { gateways: ['2.2.2.2'], pods: [{}, {}, {}] }),
    ];
    expect(seen(facts, 'a')).toEqual(['10.1.0.1:5000*1', '2.2.2.2:15443*3']);
    expect(splitHorizon(facts, 'a').shares).toEqual({ a: 0.25, b: 0.75 });
    expect(splitHorizon(facts, 'b').endpoints.at(-1)).toMatchObject({
      cluster: 'a',
      via: 'gateway',
      weight: 1,
    });
  });

  it('goes by a gateway that the asking cluster alone is told of, where the other states none', () => {
    const described = [{ address: '9.9.9.9', port: 15443, network: 'n2' }];
    const facts = [
      { ...cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{ address: '10.1.0.1' }] }), described },
      cluster('b', 'n2', { gateways: [], pods: [{}, {}, {}] }),
      cluster('c', 'n3', { gateways: ['3.3.3.3'], pods: [{ address: '10.3.0.1' }] }),
    ];
    expect(seen(facts, 'a')).toEqual(['10.1.0.1:5000*1', '3.3.3.3:15443*1', '9.9.9.9:15443*3']);
    expect(splitHorizon(facts, 'a').shares).toEqual({ a: 0.2, b: 0.6, c: 0.2 });
    expect(splitHorizon(facts, 'c').unreachable).toEqual([
      { cluster: 'b', reason: 'network n2 has no gateway address' },
    ]);
    const both = facts.map((one, at) =>
      at === 1 ? { ...one, gateways: [{ address: '2.2.2.2', port: 15443 }] } : one,
    );
    expect(seen(both, 'a')).toEqual(['10.1.0.1:5000*2', '2.2.2.2:15443*6', '3.3.3.3:15443*2']);
  });

  it('takes addresses of the mesh configuration for those of no cluster, and Services that it names for their own', () => {
    const address = { address: '9.9.9.9', port: 443, network: 'n2', registry: '' };
    const named = { address: '2.2.2.2', port: 443, network: 'n2', registry: 'b' };
    const asking = (...described: (typeof address)[]) => [
      { ...cluster('a', 'n1', { gateways: [], pods: [{ address: '10.1.0.1' }] }), described },
      cluster('b', 'n2', { gateways: [], pods: [{}] }),
      cluster('c', 'n2', { gateways: [], pods: [{}] }),
    ];
    expect(seen(asking(address), 'a')).toEqual(['10.1.0.1:5000*1', '9.9.9.9:443*2']);
    // Pods of b go by its own, those of c, which has none, by all of their network.
    expect(seen(asking(address, named), 'a')).toEqual(['10.1.0.1:5000*2', '2.2.2.2:443*3', '9.9.9.9:443*1']);
    const { endpoints } = splitHorizon(asking(named), 'a');
    expect(endpoints.map((one) => one.cluster)).toEqual(['a', 'b']);
    expect(splitHorizon(asking(named), 'b').unreachable).toMatchObject([{ cluster: 'a' }]);
  });

  it('scales by the least common multiple of gateway addresses and divides among them', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1', '1.1.1.2'], pods: [{ address: '10.1.0.1' }] }),
      cluster('b', 'n2', { gateways: ['2.2.2.2', '2.2.2.1', '2.2.2.3'], pods: [{}] }),
    ];
    expect(seen(facts, 'a')).toEqual([
      '10.1.0.1:5000*6',
      '2.2.2.1:15443*2',
      '2.2.2.2:15443*2',
      '2.2.2.3:15443*2',
    ]);
  });

  it('counts the gateways of a whole network into the scale', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{ address: '10.1.0.1' }] }),
      cluster('b', 'n2', { gateways: ['2.2.2.1'], pods: [{}] }),
      cluster('c', 'n2', { gateways: ['2.2.2.2'], pods: [{}] }),
    ];
    expect(seen(facts, 'a')).toEqual(['10.1.0.1:5000*2', '2.2.2.1:15443*2', '2.2.2.2:15443*2']);
  });

  it('reaches pods of the same network without a gateway', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{ address: '10.1.0.1' }] }),
      cluster('b', 'n1', { gateways: ['1.1.1.2'], pods: [{ address: '10.2.0.1' }] }),
    ];
    expect(seen(facts, 'a')).toEqual(['10.1.0.1:5000*2', '10.2.0.1:5000*2']);
  });

  it('uses the network’s gateways for a cluster that has none, and divides the answers by pods', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [] }),
      cluster('b', 'n2', { gateways: ['2.2.2.1'], pods: [{}] }),
      cluster('c', 'n2', { gateways: [], pods: [{}, {}, {}] }),
    ];
    expect(seen(facts, 'a')).toEqual(['2.2.2.1:15443*4']);
    expect(splitHorizon(facts, 'a').shares).toEqual({ b: 0.25, c: 0.75 });
  });

  it('keeps only the first locality’s weight of a gateway, as Envoy does', () => {
    const facts = [
      cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{ address: '10.1.0.1', locality: 'r/z2/' }] }),
      cluster('b', 'n2', {
        gateways: ['2.2.2.2'],
        pods: [{ locality: 'r/z1/' }, { locality: 'r/z1/' }, { locality: 'r/z3/' }],
      }),
    ];
    expect(seen(facts, 'a')).toEqual(['2.2.2.2:15443*2', '10.1.0.1:5000*1']);
  });

  it('weighs pods that are not ready, marks local ones unhealthy and gives them no share', () => {
    const facts = [
      cluster('a', 'n1', {
        gateways: ['1.1.1.1'],
        pods: [{ address: '10.1.0.1' }, { address: '10.1.0.2', ready: false }],
      }),
      cluster('b', 'n2', { gateways: ['2.2.2.2'], pods: [{}, { ready: false }] }),
    ];
    expect(seen(facts, 'a')).toEqual(['10.1.0.1:5000*1', '10.1.0.2:5000*1 unhealthy', '2.2.2.2:15443*2']);
    const { a = 0, b = 0 } = splitHorizon(facts, 'a').shares;
    expect([a * 3, b * 3].map(Math.round)).toEqual([1, 2]);
  });

  it('says why a cluster cannot be reached', () => {
    const local = cluster('a', 'n1', { gateways: ['1.1.1.1'], pods: [{}] });
    const reason = (other: ClusterFacts) => splitHorizon([local, other], 'a').unreachable[0]?.reason;
    expect(reason(cluster('b', 'n2', { gateways: [], pods: [{}] }))).toBe(
      'network n2 has no gateway address',
    );
    expect(reason(cluster('b', 'n2', { gateways: ['fd00::1'], pods: [{}] }))).toBe(
      'no gateway of network n2 has an IPv4 address',
    );
    expect(reason(cluster('b', 'n2', { gateways: ['2.2.2.2'], pods: [{ mtls: false }] }))).toBe(
      'none of its pods has a sidecar',
    );
    expect(reason(cluster('b', 'n2', { gateways: ['2.2.2.2'], pods: [{ ready: false }] }))).toBe(
      'none of its pods is ready',
    );
    expect(reason(cluster('b', 'n2', { gateways: ['2.2.2.2'], pods: [] }))).toBeUndefined();
  });

  it('says of a network without an address which names do not resolve', () => {
    const facts = [
      cluster('a', 'n1', { gateways: [], pods: [{}] }),
      { ...cluster('b', 'n2', { gateways: [], pods: [{}] }), unresolved: ['lb: ESERVFAIL'] },
    ];
    expect(splitHorizon(facts, 'a').unreachable).toEqual([
      { cluster: 'b', reason: 'network n2 has no gateway address; lb: ESERVFAIL' },
    ]);
  });
});
