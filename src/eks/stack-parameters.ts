import type { Subnet } from '@aws-sdk/client-ec2';
import { IsthmusError } from '../errors/index.ts';
import type { EksClusterSpec } from '../topology/index.ts';
import type { AwsAccount } from './account.ts';
import { awsError } from './aws-error.ts';
import { subnetsParameter } from './template/parameters.ts';

const internalTag = 'kubernetes.io/role/internal-elb';
const publicTag = 'kubernetes.io/role/elb';

/** Values of the template's parameters: the subnets of an existing VPC, and nothing for a new one. */
export async function stackParameters(
  account: AwsAccount,
  spec: EksClusterSpec,
): Promise<Record<string, string>> {
  if (spec.vpcId === undefined) return {};
  const subnets = await subnetsOf(account, spec.vpcId);
  const chosen = privateSubnets(spec, subnets);
  return {
    [subnetsParameter]: chosen
      .map((subnet) => subnet.SubnetId ?? '')
      .sort()
      .join(','),
  };
}

/** Every subnet of a VPC; none if there is no such VPC. */
export async function subnetsOf(account: AwsAccount, vpcId: string): Promise<Subnet[]> {
  const { paginateDescribeSubnets } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const found: Subnet[] = [];
  try {
    const pages = paginateDescribeSubnets({ client }, { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] });
    for await (const { Subnets = [] } of pages) found.push(...Subnets);
  } catch (error) {
    throw awsError(error, `looking for the subnets of ${vpcId}`);
  }
  return found;
}

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

/** True if a VPC has a subnet that internet-facing load balancers may use. */
export function takesPublicLoadBalancers(subnets: readonly Subnet[]): boolean {
  return subnets.some((subnet) => hasTag(subnet, publicTag));
}

function hasTag({ Tags = [] }: Subnet, key: string): boolean {
  return Tags.some((tag) => tag.Key === key && tag.Value !== '0');
}
