import { describe, expect, it } from 'vitest';
import {
  allocateAddresses,
  families,
  freeNodeBlock,
  freeSubnet,
  meshSubnet,
  nodeAddressing,
} from '../../../src/local/addresses/addressing.ts';
import { cidrOf, type LocalClusterSpec } from '../../../src/topology/index.ts';
import { internalGateways } from '../../fakes/gateways.ts';

const cluster = (cidr: string): LocalClusterSpec => ({
  provider: 'local',
  name: 'eks-1',
  network: 'network1',
  index: 0,
  cidr: cidrOf(cidr),
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  gateways: internalGateways,
});

describe('subnets of meshes', () => {
  it('avoid what is taken, whole or in part', () => {
    const four = ['ipv4'] as const;
    expect(freeSubnet([], four)).toBe(0);
    expect(freeSubnet([meshSubnet(0, 'ipv4'), cidrOf('100.64.31.7')], four)).toBe(2);
    expect(freeSubnet([cidrOf('100.64.0.0/11')], four)).toBe(512);
    expect(freeSubnet([cidrOf('100.64.0.0/10')], four)).toBeUndefined();
  });

  it('are of one index in both families, where IPv6 is wanted', () => {
    const taken = [cidrOf('100.64.0.0/20'), meshSubnet(1, 'ipv6')];
    expect(freeSubnet(taken, ['ipv4', 'ipv6'])).toBe(2);
    expect(freeSubnet(taken, ['ipv4'])).toBe(1);
    expect(String(meshSubnet(1023, 'ipv6'))).toBe('fd69:7374:686d:3ff::/64');
    expect(meshSubnet(1023, 'ipv6').overlaps(families.ipv6.services)).toBe(false);
  });

  it('hold 63 nodes and never hand out the block with the gateway', () => {
    const taken: number[] = [];
    for (let block = freeNodeBlock(taken); block !== undefined; block = freeNodeBlock(taken))
      taken.push(block);
    expect(taken).toHaveLength(63);
    expect(taken).not.toContain(0);
  });

  it('keep gateway, nodes and pods apart', () => {
    const [one, two] = [
      nodeAddressing(3, 1, cluster('10.1.0.0/16')),
      nodeAddressing(3, 2, cluster('10.2.0.0/24')),
    ];
    expect(one.uplinks.ipv4.block.overlaps(two.uplinks.ipv4.block)).toBe(false);
    expect(one.uplinks.ipv4.gateway).toEqual(two.uplinks.ipv4.gateway);
    expect(one.uplinks.ipv6).toBeUndefined();
    expect([one.node, two.node].map(String)).toEqual(['100.64.48.65', '100.64.48.129']);
    expect([one.pods, two.pods].map(String)).toEqual(['10.1.0.0/20', '10.2.0.0/24']);
  });

  it('give an IPv6 cluster the same places in IPv6, and IPv4 for the way out', () => {
    const at = nodeAddressing(3, 63, {
      ...cluster('fd10:6::/64'),
      ipFamily: 'ipv6',
      gatewayFamilies: ['ipv6', 'ipv4'],
    });
    expect([at.node, at.uplinks.ipv4.node, at.dns].map(String)).toEqual([
      'fd69:7374:686d:3::fc1',
      '100.64.63.193',
      'fd69:7374:686d:ffff::a',
    ]);
    expect([at.pods, ...at.balancers].map(String)).toEqual([
      'fd10:6::/112',
      'fd69:7374:686d:3::fc0/122',
      '100.64.63.192/26',
    ]);
    expect((at.uplinks.ipv6?.block ?? at.pods).at(-1).value - at.node.value).toBe(62n);
  });
});

describe('allocateAddresses', () => {
  const block = cidrOf('100.64.0.64/29');

  it('never gives the network, the node or the last address', () => {
    const claims = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ key, current: undefined }));
    const given = allocateAddresses(block, claims);
    expect([...given.values()]).toEqual([
      '100.64.0.66',
      '100.64.0.67',
      '100.64.0.68',
      '100.64.0.69',
      '100.64.0.70',
    ]);
    expect(given.has('f')).toBe(false);
  });

  it('keeps what a claim has, refuses what is not its to have, and gives nothing twice', () => {
    const given = allocateAddresses(block, [
      { key: 'new', current: undefined },
      { key: 'kept', current: '100.64.0.66' },
      { key: 'node', current: '100.64.0.65' },
      { key: 'twin', current: '100.64.0.66' },
      { key: 'foreign', current: '192.0.2.1' },
    ]);
    expect(given.get('kept')).toBe('100.64.0.66');
    expect(new Set(given.values()).size).toBe(5);
    expect([...given.values()].every((address) => /^100\.64\.0\.(6[6-9]|70)$/.test(address))).toBe(true);
  });

  it('gives the same whatever the order of the claims', () => {
    const claims = [
      { key: 'b', current: undefined },
      { key: 'a', current: undefined },
    ];
    expect(allocateAddresses(block, claims)).toEqual(allocateAddresses(block, [...claims].reverse()));
  });
});
