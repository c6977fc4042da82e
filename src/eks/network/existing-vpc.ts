import type { Subnet } from '@aws-sdk/client-ec2';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';

const internalTag = 'kubernetes.io/role/internal-elb';
const publicTag = 'kubernetes.io/role/elb';

/** The subnets of an existing VPC, and which of them lead straight to the internet. */
export interface VpcSubnets {
  readonly all: readonly Subnet[];
  /** Ids of those whose route table has a route to an internet gateway. */
  readonly open: ReadonlySet<string>;
}

/**
 * The subnets that the file names; else those that are tagged for internal load balancers; else those
 * whose routes do not lead straight to the internet. Throws MESH_FILE_INVALID if they are not in two zones.
 */
export function privateSubnets(spec: EksClusterSpec, { all: subnets, open }: VpcSubnets): readonly Subnet[] {
  if (spec.subnetIds.length > 0) return namedSubnets(spec, subnets);
  const inZones = subnets.filter(
    ({ AvailabilityZone }) => spec.zones.length === 0 || spec.zones.includes(AvailabilityZone ?? ''),
  );
  const tagged = inZones.filter((subnet) => hasTag(subnet, internalTag));
  const chosen =
    tagged.length > 0
      ? tagged
      : inZones.filter((subnet) => !open.has(subnet.SubnetId ?? '') && !hasTag(subnet, publicTag));
  if (new Set(chosen.map(({ AvailabilityZone }) => AvailabilityZone)).size >= 2) return chosen;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.vpcId} has no private subnets in two zones (${subnets.length} subnets in all)`,
    { hint: `name them by \`subnetIds\`, or check \`vpcId\`, \`region\` and \`zones\`` },
  );
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
  if (new Set(chosen.map(({ AvailabilityZone }) => AvailabilityZone)).size >= 2) return chosen;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.subnetIds.join(', ')} are all in one zone, and EKS needs two`,
    { hint: 'name subnets of two zones' },
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
    ...(exposures.includes('internet-facing') ? publicSubnets(spec, subnets.all) : []),
  ];
  if (exposures.includes('internal')) requireInternalTag(spec, inside);
  if (spec.gatewayFamilies.includes('ipv6'))
    requireIpv6(spec, [...balanced, ...(spec.ipFamily === 'ipv6' ? inside : [])]);
}

/** The subnets that internet-facing load balancers may use, by their tag. */
function publicSubnets(spec: EksClusterSpec, subnets: readonly Subnet[]): readonly Subnet[] {
  const found = subnets.filter((subnet) => hasTag(subnet, publicTag));
  if (found.length > 0) return found;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.vpcId} has no subnet for internet-facing load balancers`,
    { hint: `tag its public subnets ${publicTag}=1, or set \`exposure: internal\` for both gateways` },
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
