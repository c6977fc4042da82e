import type { Subnet } from '@aws-sdk/client-ec2';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';

const internalTag = 'kubernetes.io/role/internal-elb';
const publicTag = 'kubernetes.io/role/elb';

/**
 * The subnets that are tagged for internal load balancers, else those that give out no public addresses.
 * Throws MESH_FILE_INVALID if they are not in two zones at least.
 */
export function privateSubnets(spec: EksClusterSpec, subnets: readonly Subnet[]): readonly Subnet[] {
  const inZones = subnets.filter(
    ({ AvailabilityZone }) => spec.zones.length === 0 || spec.zones.includes(AvailabilityZone ?? ''),
  );
  const tagged = inZones.filter((subnet) => hasTag(subnet, internalTag));
  const chosen =
    tagged.length > 0
      ? tagged
      : inZones.filter((subnet) => !subnet.MapPublicIpOnLaunch && !hasTag(subnet, publicTag));
  if (new Set(chosen.map(({ AvailabilityZone }) => AvailabilityZone)).size >= 2) return chosen;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${spec.vpcId} has no private subnets in two zones (${subnets.length} subnets in all)`,
    { hint: `tag two private subnets ${internalTag}=1, or check \`vpcId\`, \`region\` and \`zones\`` },
  );
}

/**
 * Throws MESH_FILE_INVALID if an existing VPC lacks what the cluster's place in the mesh asks of it:
 * public subnets for internet-facing gateways, and IPv6 where nodes, or load balancers for peers, need it.
 */
export function requireSubnets(spec: EksClusterSpec, subnets: readonly Subnet[]): void {
  const inside = privateSubnets(spec, subnets);
  const exposures = Object.values(spec.gateways).map(({ exposure }) => exposure);
  const balanced = [
    ...(exposures.includes('internal') ? inside : []),
    ...(exposures.includes('internet-facing') ? publicSubnets(spec, subnets) : []),
  ];
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
