import type { Subnet } from '@aws-sdk/client-ec2';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError } from '../../aws/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { privateSubnets } from '../network/existing-vpc.ts';
import { subnetsParameter } from '../template/parameters.ts';

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
