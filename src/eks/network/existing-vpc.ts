import type { Subnet } from '@aws-sdk/client-ec2';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { describeWays, type WaysOut } from './default-routes.ts';
import { barredPlace } from './zone-ids.ts';

const internalTag = 'kubernetes.io/role/internal-elb';
const publicTag = 'kubernetes.io/role/elb';

/** The subnets of an existing VPC, and by which routes they lead out of it. */
export interface VpcSubnets {
  readonly all: readonly Subnet[];
  /** By the subnet's id; one that is not in it has no default route. */
  readonly ways: ReadonlyMap<string, WaysOut>;
}

/**
 * The subnets that the file names; else those that are tagged for internal load balancers; else those whose default
 * route is active and leads out without letting the internet in, so that nodes can start there: neither public ones nor
 * those of databases. Throws MESH_FILE_INVALID if they are not in two zones in which EKS makes clusters.
 */
export function privateSubnets(spec: EksClusterSpec, vpc: VpcSubnets): readonly Subnet[] {
  if (spec.subnetIds.length > 0) return namedSubnets(spec, vpc.all);
  const inZones = vpc.all.filter(
    ({ AvailabilityZone }) => spec.zones.length === 0 || spec.zones.includes(AvailabilityZone ?? ''),
  );
  const tagged = inZones.filter((subnet) => hasTag(subnet, internalTag));
  const found = tagged.length > 0 ? tagged : inZones.filter((subnet) => isPrivate(spec, subnet, vpc));
  const chosen = found.filter((subnet) => barredPlace(subnet) === undefined);
  if (areInTwoZones(chosen)) return chosen;
  throw tooFewZones(spec, vpc);
}

/** With every subnet and where it leads, by which somebody can choose. */
function tooFewZones({ name, vpcId }: EksClusterSpec, vpc: VpcSubnets): IsthmusError {
  const places = vpc.all.map((subnet) => `${describeSubnet(subnet)}: ${describeWays(waysOf(subnet, vpc))}`);
  const all = places.length > 0 ? `; its subnets and their default routes are ${places.join(', ')}` : '';
  return new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${name}: ${vpcId} has no private subnets in two zones (${places.length} subnets in all)${all}`,
    { hint: 'name those to use by `subnetIds`, or check `vpcId`, `region` and `zones`' },
  );
}

/** In an IPv4 cluster nothing has an address by which it could leave over IPv6. */
function isPrivate({ ipFamily }: EksClusterSpec, subnet: Subnet, vpc: VpcSubnets): boolean {
  const { ipv4, ipv6 } = waysOf(subnet, vpc);
  if (hasTag(subnet, publicTag) || isOpen(subnet, vpc)) return false;
  return ipv4?.leads === 'private' || (ipFamily === 'ipv6' && ipv6?.leads === 'private');
}

const isOpen = (subnet: Subnet, vpc: VpcSubnets): boolean =>
  Object.values(waysOf(subnet, vpc)).some((way) => way?.leads === 'internet');

const waysOf = ({ SubnetId = '' }: Subnet, { ways }: VpcSubnets): WaysOut => ways.get(SubnetId) ?? {};

const areInTwoZones = (subnets: readonly Subnet[]): boolean =>
  new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size >= 2;

/** `subnet-0123456789abcdef0 (db-a) in us-east-1b (use1-az3, not for EKS)`. */
function describeSubnet(subnet: Subnet): string {
  const { SubnetId, AvailabilityZone, Tags = [] } = subnet;
  const name = Tags.find(({ Key }) => Key === 'Name')?.Value;
  const barred = barredPlace(subnet);
  return `${SubnetId}${name ? ` (${name})` : ''} in ${AvailabilityZone}${barred ? ` (${barred}, not for EKS)` : ''}`;
}

function namedSubnets(spec: EksClusterSpec, subnets: readonly Subnet[]): readonly Subnet[] {
  const chosen = subnets.filter(({ SubnetId = '' }) => spec.subnetIds.includes(SubnetId));
  const missing = spec.subnetIds.filter((id) => !chosen.some(({ SubnetId }) => SubnetId === id));
  if (missing.length > 0)
    throw new IsthmusError(
      'MESH_FILE_INVALID',
      `cluster ${spec.name}: ${missing.join(', ')} are no subnets of ${spec.vpcId}`,
      { hint: `its subnets are ${subnets.map(({ SubnetId }) => SubnetId).join(', ')}` },
    );
  refuseBarred(spec, chosen);
  if (areInTwoZones(chosen)) return chosen;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.subnetIds.join(', ')} are all in one zone, and EKS needs two`,
    { hint: 'name subnets of two zones' },
  );
}

function refuseBarred(spec: EksClusterSpec, subnets: readonly Subnet[]): void {
  const barred = subnets.flatMap((subnet) => {
    const place = barredPlace(subnet);
    return place ? [`${subnet.SubnetId} in ${subnet.AvailabilityZone} (${place})`] : [];
  });
  if (barred.length === 0) return;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: EKS makes no cluster where these subnets are: ${barred.join(', ')}`,
    { hint: 'take them out of `subnetIds`, which needs two zones in which EKS makes clusters' },
  );
}

/** Auto Mode finds the subnets of an internal load balancer by their tag and makes none without. */
function requireInternalTag(spec: EksClusterSpec, subnets: readonly Subnet[]): void {
  const untagged = subnets
    .filter((subnet) => !hasTag(subnet, internalTag))
    .map(({ SubnetId = '' }) => SubnetId);
  if (untagged.length === 0) return;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${untagged.join(', ')} of ${spec.vpcId} have no tag ${internalTag}, so that no internal load balancer would be made`,
    {
      hint: `run \`aws ec2 create-tags --region ${spec.region} --resources ${untagged.join(' ')} --tags Key=${internalTag},Value=1\``,
    },
  );
}

/**
 * Throws MESH_FILE_INVALID if an existing VPC lacks what the cluster's place in the mesh asks of it:
 * public subnets for internet-facing gateways, and IPv6 where nodes, or load balancers for peers, need it.
 */
export function requireSubnets(spec: EksClusterSpec, subnets: VpcSubnets): void {
  const inside = privateSubnets(spec, subnets);
  const exposures = Object.values(spec.gateways).map(({ exposure }) => exposure);
  const balanced = [
    ...(exposures.includes('internal') ? inside : []),
    ...(exposures.includes('internet-facing') ? publicSubnets(spec, subnets) : []),
  ];
  if (exposures.includes('internal')) requireInternalTag(spec, inside);
  if (spec.gatewayFamilies.includes('ipv6'))
    requireIpv6(spec, [...balanced, ...(spec.ipFamily === 'ipv6' ? inside : [])]);
}

/** The subnets that internet-facing load balancers may use, by their tag. */
function publicSubnets(spec: EksClusterSpec, vpc: VpcSubnets): readonly Subnet[] {
  const found = vpc.all.filter((subnet) => hasTag(subnet, publicTag));
  if (found.length > 0) return found;
  const open = vpc.all.filter((subnet) => isOpen(subnet, vpc)).map(({ SubnetId }) => SubnetId);
  const them = open.length > 0 ? ` (${open.join(', ')})` : '';
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.vpcId} has no subnet for internet-facing load balancers`,
    { hint: `tag its public subnets${them} ${publicTag}=1, or set \`exposure: internal\` for both gateways` },
  );
}

function requireIpv6(spec: EksClusterSpec, subnets: readonly Subnet[]): void {
  const lacking = subnets.filter((subnet) => !hasIpv6(subnet)).map(({ SubnetId = '' }) => SubnetId);
  if (lacking.length === 0) return;
  const ids = [...new Set(lacking)].sort().join(', ');
  const why = spec.ipFamily === 'ipv6' ? 'it is an IPv6 cluster' : 'peers on IPv6 reach its gateways by it';
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${ids} of ${spec.vpcId} have no IPv6 block, but ${why}`,
    { hint: `associate IPv6 blocks with ${spec.vpcId} and these subnets, and route them` },
  );
}

function hasIpv6({ Ipv6CidrBlockAssociationSet = [] }: Subnet): boolean {
  return Ipv6CidrBlockAssociationSet.some(
    ({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === 'associated',
  );
}

function hasTag({ Tags = [] }: Subnet, key: string): boolean {
  return Tags.some((tag) => tag.Key === key && tag.Value !== '0');
}
