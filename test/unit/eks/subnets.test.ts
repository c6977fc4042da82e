import type { Subnet } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { requireSubnets } from '../../../src/eks/network/existing-vpc.ts';
import { planSubnets } from '../../../src/eks/network/subnets.ts';
import { type Cidr, cidrOf } from '../../../src/topology/index.ts';
import { internalGateway } from '../../fakes/gateways.ts';
import { eksSpec } from './specs.ts';

function range({ first, size }: Cidr): [bigint, bigint] {
  return [first.value, first.value + size];
}

test.each([
  ['10.1.0.0/16', 2],
  ['10.1.0.0/16', 3],
  ['172.31.128.0/20', 3],
  ['10.255.0.0/16', 6],
])('subnets of %s in %i zones are inside it and apart', (cidr, count) => {
  const zones = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, count).map((letter) => `eu-west-1${letter}`);
  const plan = planSubnets(eksSpec({ cidr: cidrOf(cidr), zones }));
  const [from, to] = range(cidrOf(cidr));
  const ranges = plan.zones.flatMap((zone) => [range(zone.private), range(zone.public)]);
  const sorted = ranges.toSorted(([a], [b]) => Number(a - b));
  expect(sorted).toHaveLength(2 * count);
  expect(sorted[0]?.[0]).toBeGreaterThanOrEqual(from);
  expect(sorted.at(-1)?.[1]).toBeLessThanOrEqual(to);
  for (const [at, [start]] of sorted.entries())
    if (at > 0) expect(start).toBeGreaterThanOrEqual(sorted[at - 1]?.[1] ?? 0n);
});

test('a block that is too small is refused with the sizes that fit', () => {
  expect(() => planSubnets(eksSpec({ cidr: cidrOf('10.1.0.0/25') }))).toThrowError(
    expect.objectContaining({ code: 'MESH_FILE_INVALID', hint: 'give it a block from /16 to /24' }),
  );
});

const subnet = (id: string, zone: string, tag?: string) => ({
  SubnetId: id,
  AvailabilityZone: zone,
  Tags: tag ? [{ Key: `kubernetes.io/role/${tag}`, Value: '1' }] : [],
});

/** A VPC whose subnets are told by their tags. */
const vpcOf = (all: readonly Subnet[]) => ({ all, ways: new Map() });

test('a private subnet without the tag for internal load balancers is refused with the command that gives it', () => {
  const spec = eksSpec({ vpcId: 'vpc-1', subnetIds: ['x', 'y'] });
  const untagged = vpcOf([subnet('x', 'a', 'internal-elb'), subnet('y', 'b')]);
  expect(() => requireSubnets(spec, untagged)).toThrowError(
    expect.objectContaining({
      message: expect.stringContaining('y of vpc-1 have no tag kubernetes.io/role/internal-elb'),
      hint: expect.stringContaining('aws ec2 create-tags --region eu-west-1 --resources y --tags'),
    }),
  );
  const facing = { ...internalGateway, exposure: 'internet-facing' as const };
  const open = { ...spec, gateways: { ingress: facing, eastWest: facing } };
  const all = [...untagged.all, subnet('p', 'a', 'elb')];
  expect(() => requireSubnets(open, { ...untagged, all })).not.toThrow();
});

test.each([
  { ipFamily: 'ipv4', gatewayFamilies: ['ipv4'], exposure: 'internal', needed: [] },
  {
    ipFamily: 'ipv4',
    gatewayFamilies: ['ipv4', 'ipv6'],
    exposure: 'internal',
    needed: ['inside-a', 'inside-b'],
  },
  {
    ipFamily: 'ipv4',
    gatewayFamilies: ['ipv4', 'ipv6'],
    exposure: 'internet-facing',
    needed: ['outside-a', 'outside-b'],
  },
  {
    ipFamily: 'ipv6',
    gatewayFamilies: ['ipv6'],
    exposure: 'internet-facing',
    needed: ['inside-a', 'inside-b', 'outside-a', 'outside-b'],
  },
] as const)(
  '$ipFamily cluster whose gateways are needed in $gatewayFamilies, $exposure: IPv6 in $needed',
  ({ ipFamily, gatewayFamilies, exposure, needed }) => {
    const spec = eksSpec({
      vpcId: 'vpc-1',
      ipFamily,
      gatewayFamilies,
      gateways: { ingress: { ...internalGateway, exposure }, eastWest: { ...internalGateway, exposure } },
    });
    const vpc = (withIpv6: readonly string[]) =>
      ['inside-a', 'inside-b', 'outside-a', 'outside-b'].map((SubnetId) => ({
        SubnetId,
        AvailabilityZone: `eu-west-1${SubnetId.at(-1)}`,
        Tags: [
          { Key: `kubernetes.io/role/${SubnetId.startsWith('in') ? 'internal-elb' : 'elb'}`, Value: '1' },
        ],
        Ipv6CidrBlockAssociationSet: withIpv6.includes(SubnetId)
          ? [{ Ipv6CidrBlockState: { State: 'associated' as const } }]
          : [],
      }));
    expect(() => requireSubnets(spec, vpcOf(vpc(needed)))).not.toThrow();
    if (needed.length > 0)
      expect(() => requireSubnets(spec, vpcOf(vpc([])))).toThrow(
        `${needed.join(', ')} of vpc-1 have no IPv6 block`,
      );
  },
);
