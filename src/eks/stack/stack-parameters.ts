import type { Subnet } from '@aws-sdk/client-ec2';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { statedRanges } from '../../topology/index.ts';
import { privateSubnets } from '../network/existing-vpc.ts';
import { admitsPeers, publicCidrsParameter, subnetsParameter } from '../template/parameters.ts';
import type { StackWork } from './stack-work.ts';

/** Values of the template's parameters: what is known only where things are, and when they are there. */
export async function stackParameters(work: StackWork): Promise<Record<string, string>> {
  return { ...(await subnetValues(work)), ...(await publicAccessValues(work)) };
}

/** Peers that do not exist yet are let in once they do. */
async function publicAccessValues({ spec, peersSendFrom }: StackWork): Promise<Record<string, string>> {
  if (!admitsPeers(spec)) return {};
  const blocks = [...statedRanges(spec.endpoint.publicCidrs), ...(await peersSendFrom())];
  return { [publicCidrsParameter]: [...new Set(blocks.map(String))].join(',') };
}

async function subnetValues({ account, spec }: StackWork): Promise<Record<string, string>> {
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
