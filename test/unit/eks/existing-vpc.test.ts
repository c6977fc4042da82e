import type { Route, RouteTable, Subnet } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { privateSubnets, requireSubnets } from '../../../src/eks/network/existing-vpc.ts';
import { waysOutOf } from '../../../src/eks/network/vpc-subnets.ts';
import { type EksClusterSpec, parseTopology } from '../../../src/topology/index.ts';
import { internalGateway } from '../../fakes/gateways.ts';
import { eksSpec } from './specs.ts';

const subnet = (id: string, zone: string, tag?: string) => ({
  SubnetId: id,
  AvailabilityZone: zone,
  Tags: tag ? [{ Key: `kubernetes.io/role/${tag}`, Value: '1' }] : [],
});

const local = { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local' };
const byDefault = (target: object) => ({
  DestinationCidrBlock: '0.0.0.0/0',
  State: 'active' as const,
  ...target,
});
const byDefault6 = (target: object) => ({
  DestinationIpv6CidrBlock: '::/0',
  State: 'active' as const,
  ...target,
});
/** A route table of these subnets; the VPC's main one where there are none. */
const table = (routes: Route[], ...ids: string[]) => ({
  Routes: [local, ...routes],
  Associations: ids.length > 0 ? ids.map((SubnetId) => ({ SubnetId })) : [{ Main: true }],
});
const vpcOf = (all: Subnet[], ...tables: RouteTable[]) => ({ all, ways: waysOutOf(all, tables) });
const refusal = (message: string) =>
  expect.objectContaining({ code: 'MESH_FILE_INVALID', message: expect.stringContaining(message) });

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
  expect(privateSubnets(spec, vpcOf(inside)).map((one) => one.SubnetId)).toEqual(['x', 'y']);
});

const idsOf = (subnets: readonly Subnet[]) => subnets.map((one) => one.SubnetId);

test('of an existing VPC it takes the named subnets, else the tagged', () => {
  const ids = (subnets: Subnet[], subnetIds: string[] = []) =>
    idsOf(privateSubnets(eksSpec({ vpcId: 'vpc-1', subnetIds }), vpcOf(subnets)));
  const tagged = [subnet('x', 'a', 'internal-elb'), subnet('y', 'b', 'internal-elb'), subnet('z', 'c')];
  expect(ids(tagged)).toEqual(['x', 'y']);
  expect(ids(tagged, ['y', 'z'])).toEqual(['y', 'z']);
  expect(() => ids(tagged, ['x', 'nowhere'])).toThrowError(refusal('nowhere are no subnets of vpc-1'));
  expect(() => ids([...tagged, subnet('x2', 'a')], ['x', 'x2'])).toThrowError(refusal('all in one zone'));
});

/** Somebody else's VPC: two tiers that reach the internet by NAT and by its gateway, and two that reach nothing. */
const app = ['private-a', 'private-b'].map((id) => subnet(id, `eu-west-1${id.at(-1)}`));
const rest = ['database-a', 'database-b', 'intra-a', 'public-a', 'public-b'].map((id) =>
  subnet(id, `eu-west-1${id.at(-1)}`),
);
const gatewayTables = [
  table([]),
  table([byDefault({ GatewayId: 'igw-1' })], 'public-a', 'public-b'),
  table([], 'intra-a'),
];

test.each([
  ['a NAT gateway', { NatGatewayId: 'nat-1' }],
  ['a transit gateway', { TransitGatewayId: 'tgw-1' }],
  ['a NAT instance', { InstanceId: 'i-1', NetworkInterfaceId: 'eni-1' }],
  ['a network interface', { NetworkInterfaceId: 'eni-1' }],
  ['a virtual private gateway', { GatewayId: 'vgw-1' }],
  ['a firewall’s endpoint', { GatewayId: 'vpce-1' }],
  ['a core network', { CoreNetworkArn: 'arn:aws:networkmanager::111122223333:core-network/core-1' }],
  ['a local gateway', { LocalGatewayId: 'lgw-1' }],
  ['a peering', { VpcPeeringConnectionId: 'pcx-1' }],
])(
  'subnets whose default route is %s are private, those of databases and public ones are not',
  (_, target) => {
    const vpc = vpcOf(
      [...app, ...rest],
      ...gatewayTables,
      table([byDefault(target)], 'private-a', 'private-b'),
    );
    const spec = eksSpec({ vpcId: 'vpc-1' });
    expect(idsOf(privateSubnets(spec, vpc))).toEqual(['private-a', 'private-b']);
    expect(() => requireSubnets(spec, vpc)).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('--resources private-a private-b --tags') }),
    );
    const facing = { ...internalGateway, exposure: 'internet-facing' as const };
    const open = { ...spec, gateways: { ingress: facing, eastWest: facing } };
    expect(() => requireSubnets(open, vpc)).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('(public-a, public-b)') }),
    );
  },
);

test.each([
  ['no default route', [], 'no default route'],
  [
    'a peering for one block alone',
    [{ DestinationCidrBlock: '10.9.0.0/16', VpcPeeringConnectionId: 'pcx-1' }],
    'no default route',
  ],
  ['the endpoint of S3', [{ DestinationPrefixListId: 'pl-1', GatewayId: 'vpce-1' }], 'no default route'],
  [
    'a gateway that is gone',
    [{ ...byDefault({ NatGatewayId: 'nat-1' }), State: 'blackhole' as const }],
    '0.0.0.0/0 by nat-1 (blackhole)',
  ],
  ['the internet’s gateway', [byDefault({ GatewayId: 'igw-1' })], '0.0.0.0/0 by igw-1'],
  ['a carrier’s gateway', [byDefault({ CarrierGatewayId: 'cagw-1' })], '0.0.0.0/0 by cagw-1'],
  [
    'NAT, but open over IPv6',
    [byDefault({ NatGatewayId: 'nat-1' }), byDefault6({ GatewayId: 'igw-1' })],
    '0.0.0.0/0 by nat-1 and ::/0 by igw-1',
  ],
  ['a way out over IPv6 alone', [byDefault6({ EgressOnlyInternetGatewayId: 'eigw-1' })], '::/0 by eigw-1'],
])('subnets with %s are not taken, and the refusal says where each leads', (_, routes, leads) => {
  const named = { ...subnet('private-a', 'eu-west-1a'), Tags: [{ Key: 'Name', Value: 'app 1' }] };
  const all = [named, subnet('private-b', 'eu-west-1b'), subnet('database-a', 'eu-west-1a')];
  const vpc = vpcOf(
    all,
    table([]),
    table(routes, 'private-a'),
    table([byDefault({ NatGatewayId: 'nat-2' })], 'private-b'),
  );
  const choose = () => privateSubnets(eksSpec({ vpcId: 'vpc-1' }), vpc);
  expect(choose).toThrowError(refusal('vpc-1 has no private subnets in two zones'));
  expect(choose).toThrowError(
    refusal(
      `private-a (app 1) in eu-west-1a: ${leads}, private-b in eu-west-1b: 0.0.0.0/0 by nat-2, database-a in eu-west-1a: no default route`,
    ),
  );
  expect(choose).toThrowError(expect.objectContaining({ hint: expect.stringContaining('`subnetIds`') }));
});

test('an IPv6 cluster takes subnets that have their way out over IPv6 alone', () => {
  const tables = [
    table([]),
    table([byDefault6({ EgressOnlyInternetGatewayId: 'eigw-1' })], 'private-a', 'private-b'),
  ];
  const vpc = vpcOf([...app, ...rest], ...tables);
  expect(idsOf(privateSubnets(eksSpec({ vpcId: 'vpc-1', ipFamily: 'ipv6' }), vpc))).toEqual([
    'private-a',
    'private-b',
  ]);
});

test('a subnet’s own table goes before the main one, and a route that works before one that is gone', () => {
  const gone = { ...byDefault({ NatGatewayId: 'nat-0' }), State: 'blackhole' as const };
  const subnets = ['own', 'main', 'tagged'].map((id) => subnet(id, 'a'));
  const tables = [
    table([byDefault({ GatewayId: 'igw-1' })]),
    table([gone, byDefault({ TransitGatewayId: 'tgw-1' })], 'own'),
    table([gone], 'tagged'),
  ];
  const ways = waysOutOf(subnets, tables);
  expect([...ways.values()].map(({ ipv4 }) => ipv4)).toEqual([
    { leads: 'private', by: 'tgw-1' },
    { leads: 'internet', by: 'igw-1' },
    { leads: 'nowhere', by: 'nat-0 (blackhole)' },
  ]);
});

test('a subnet tagged for the internet is public whatever its routes are', () => {
  const all = [...app, subnet('edge', 'eu-west-1c', 'elb')];
  const vpc = vpcOf(all, table([byDefault({ NatGatewayId: 'nat-1' })]));
  expect(idsOf(privateSubnets(eksSpec({ vpcId: 'vpc-1' }), vpc))).toEqual(['private-a', 'private-b']);
});

describe.each([
  ['us-east-1', 'use1-az3'],
  ['us-west-1', 'usw1-az2'],
  ['ca-central-1', 'cac1-az3'],
  ['us-west-2', 'usw2-lax1-az1'],
  ['us-east-1', 'use1-wl1-bos-wlz1'],
])('in %s, subnets in %s, where EKS makes no cluster', (region, barred) => {
  const zoneIds = { x: 'use1-az1', y: barred, z: 'use1-az6' };
  const letters = { x: 'a', y: 'b', z: 'c' };
  const at = (id: keyof typeof zoneIds, tag?: string) => ({
    ...subnet(id, region + letters[id], tag),
    AvailabilityZoneId: zoneIds[id],
  });
  const vpc = (tag?: string) =>
    vpcOf([at('x', tag), at('y', tag), at('z', tag)], table([byDefault({ NatGatewayId: 'nat-1' })]));
  const spec = eksSpec({ region, vpcId: 'vpc-1' });

  test.each([
    ['tags', 'internal-elb'],
    ['routes', undefined],
  ])('are left out when found by %s', (_, tag) => {
    expect(idsOf(privateSubnets(spec, vpc(tag)))).toEqual(['x', 'z']);
    const few = { ...spec, zones: [`${region}a`, `${region}b`] };
    expect(() => privateSubnets(few, vpc(tag))).toThrowError(
      refusal(`y in ${region}b (${barred}, not for EKS): 0.0.0.0/0 by nat-1`),
    );
  });

  test('are refused when the file names them', () => {
    expect(() => privateSubnets({ ...spec, subnetIds: ['x', 'y', 'z'] }, vpc())).toThrowError(
      refusal(`EKS makes no cluster where these subnets are: y in ${region}b (${barred})`),
    );
    expect(idsOf(privateSubnets({ ...spec, subnetIds: ['x', 'z'] }, vpc()))).toEqual(['x', 'z']);
  });
});

test('a subnet on an Outpost is none for EKS', () => {
  const outpost = {
    ...subnet('y', 'eu-west-1b'),
    AvailabilityZoneId: 'euw1-az2',
    OutpostArn: 'arn:aws:outposts:eu-west-1:111122223333:outpost/op-1',
  };
  const spec = eksSpec({ vpcId: 'vpc-1', subnetIds: ['x', 'y'] });
  expect(() => privateSubnets(spec, vpcOf([subnet('x', 'eu-west-1a'), outpost]))).toThrowError(
    refusal('y in eu-west-1b (an Outpost)'),
  );
});
