import { expect, test } from 'vitest';
import { privateSubnets, requireSubnets } from '../../../src/eks/network/existing-vpc.ts';
import { planSubnets } from '../../../src/eks/network/subnets.ts';
import { openSubnets } from '../../../src/eks/network/vpc-subnets.ts';
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

const subnet = (id: string, zone: string, tag?: string) => ({
  SubnetId: id,
  AvailabilityZone: zone,
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
  expect(privateSubnets(spec, { all: inside, open: new Set() }).map((one) => one.SubnetId)).toEqual([
    'x',
    'y',
  ]);
});

test('of an existing VPC it takes the named subnets, else the tagged, else those with no way to the internet', () => {
  const ids = (subnets: ReturnType<typeof subnet>[], open: string[] = [], subnetIds: string[] = []) =>
    privateSubnets(eksSpec({ vpcId: 'vpc-1', subnetIds }), { all: subnets, open: new Set(open) }).map(
      (one) => one.SubnetId,
    );
  const tagged = [subnet('x', 'a', 'internal-elb'), subnet('y', 'b', 'internal-elb'), subnet('z', 'c')];
  expect(ids(tagged)).toEqual(['x', 'y']);
  expect(ids([subnet('x', 'a'), subnet('y', 'b'), subnet('w', 'b', 'elb'), subnet('o', 'c')], ['o'])).toEqual(
    ['x', 'y'],
  );
  expect(ids(tagged, [], ['y', 'z'])).toEqual(['y', 'z']);
  const refused = (message: string) =>
    expect.objectContaining({ code: 'MESH_FILE_INVALID', message: expect.stringContaining(message) });
  expect(() => ids([subnet('x', 'a'), subnet('o', 'b')], ['o'])).toThrowError(
    refused('no private subnets in two zones'),
  );
  expect(() => ids(tagged, [], ['x', 'nowhere'])).toThrowError(refused('nowhere are no subnets of vpc-1'));
  expect(() => ids([...tagged, subnet('x2', 'a')], [], ['x', 'x2'])).toThrowError(refused('all in one zone'));
});

test('an open subnet is known by its routes, its own table’s before the main one’s', () => {
  const table = (routes: string[], ...subnets: string[]) => ({
    Routes: routes.map((GatewayId) => ({ GatewayId, DestinationCidrBlock: '0.0.0.0/0' })),
    Associations: subnets.length > 0 ? subnets.map((SubnetId) => ({ SubnetId })) : [{ Main: true }],
  });
  const subnets = [subnet('own', 'a'), subnet('main', 'b'), subnet('nat', 'c')];
  const tables = [
    table(['igw-1']),
    table(['local'], 'own'),
    { ...table([], 'nat'), Routes: [{ NatGatewayId: 'nat-1' }] },
  ];
  expect([...openSubnets(subnets, tables)]).toEqual(['main']);
});

test('a private subnet without the tag for internal load balancers is refused with the command that gives it', () => {
  const spec = eksSpec({ vpcId: 'vpc-1', subnetIds: ['x', 'y'] });
  const untagged = { all: [subnet('x', 'a', 'internal-elb'), subnet('y', 'b')], open: new Set<string>() };
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
    expect(() => requireSubnets(spec, { all: vpc(needed), open: new Set() })).not.toThrow();
    if (needed.length > 0)
      expect(() => requireSubnets(spec, { all: vpc([]), open: new Set() })).toThrow(
        `${needed.join(', ')} of vpc-1 have no IPv6 block`,
      );
  },
);
