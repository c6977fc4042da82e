import { expect, test } from 'vitest';
import { privateSubnets, requireSubnets } from '../../../src/eks/network/existing-vpc.ts';
import { planSubnets } from '../../../src/eks/network/subnets.ts';
import { type Cidr, cidrOf, type EksClusterSpec, parseTopology } from '../../../src/topology/index.ts';
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

const subnet = (id: string, zone: string, tag?: string, open = false) => ({
  SubnetId: id,
  AvailabilityZone: zone,
  MapPublicIpOnLaunch: open,
  Tags: tag ? [{ Key: `kubernetes.io/role/${tag}`, Value: '1' }] : [],
});

test('an existing VPC may have its subnets in any zones when the file names none', () => {
  const mesh = parseTopology(
    `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: demo}
spec:
  clusters:
    - {name: east, provider: eks, region: us-east-1, vpcId: vpc-0123456789abcdef0}
`,
    'mesh.yaml',
  );
  const spec = mesh.clusters[0] as EksClusterSpec;
  const inside = [subnet('x', 'us-east-1d', 'internal-elb'), subnet('y', 'us-east-1f', 'internal-elb')];
  expect(privateSubnets(spec, inside).map((one) => one.SubnetId)).toEqual(['x', 'y']);
});

test('of an existing VPC it takes the tagged subnets, else those without public addresses', () => {
  const spec = eksSpec({ vpcId: 'vpc-1' });
  const ids = (...subnets: ReturnType<typeof subnet>[]) =>
    privateSubnets(spec, subnets).map((one) => one.SubnetId);
  const open = subnet('public', 'a', undefined, true);
  expect(ids(subnet('x', 'a', 'internal-elb'), subnet('y', 'b', 'internal-elb'), subnet('z', 'c'))).toEqual([
    'x',
    'y',
  ]);
  expect(ids(subnet('x', 'a'), subnet('y', 'b'), subnet('w', 'b', 'elb'), open)).toEqual(['x', 'y']);
  expect(() => ids(subnet('x', 'a'), open)).toThrowError(
    expect.objectContaining({ code: 'MESH_FILE_INVALID' }),
  );
});

test.each([
  ['ipv4', ['ipv4'], 'internal', []],
  ['ipv4', ['ipv4', 'ipv6'], 'internal', ['inside-a', 'inside-b']],
  ['ipv4', ['ipv4', 'ipv6'], 'internet-facing', ['outside-a', 'outside-b']],
  ['ipv6', ['ipv6'], 'internet-facing', ['inside-a', 'inside-b', 'outside-a', 'outside-b']],
] as const)(
  '%s cluster whose gateways are needed in %j, %s: IPv6 in %j',
  (ipFamily, gatewayFamilies, exposure, needed) => {
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
    expect(() => requireSubnets(spec, vpc(needed))).not.toThrow();
    if (needed.length > 0)
      expect(() => requireSubnets(spec, vpc([]))).toThrow(`${needed.join(', ')} of vpc-1 have no IPv6 block`);
  },
);
