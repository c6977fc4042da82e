import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { EmulatedUser, Emulator } from '../emulator/emulator.ts';

/** Ids of everything in a region that costs or clutters; moto's default VPC with its parts is not counted. */
export async function remains(emulator: Emulator, user: EmulatedUser, region: string): Promise<string[]> {
  const config = { endpoint: emulator.url, region, credentials: user };
  return [...(await networkRemains(new EC2Client(config))), ...(await serviceRemains(config))].filter(
    (id) => id !== undefined,
  ) as string[];
}

async function networkRemains(ec2: EC2Client): Promise<(string | undefined)[]> {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const first = Vpcs.find((vpc) => vpc.IsDefault)?.VpcId;
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
  const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({}));
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({}));
  return [
    ...Vpcs.map((vpc) => vpc.VpcId).filter((id) => id !== first),
    ...SecurityGroups.filter((group) => group.VpcId !== first).map((group) => group.GroupId),
    ...NetworkInterfaces.map((one) => one.NetworkInterfaceId),
    ...NatGateways.filter((one) => one.State !== 'deleted').map((one) => one.NatGatewayId),
    ...Addresses.map((one) => one.AllocationId),
    ...InternetGateways.map((one) => one.InternetGatewayId),
  ];
}

async function serviceRemains(config: {
  endpoint: string;
  region: string;
  credentials: EmulatedUser;
}): Promise<(string | undefined)[]> {
  const elb = new ElasticLoadBalancingV2Client(config);
  const { LoadBalancers = [] } = await elb.send(new DescribeLoadBalancersCommand({}));
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
  const { clusters = [] } = await new EKSClient(config).send(new ListClustersCommand({}));
  const { Stacks = [] } = await new CloudFormationClient(config).send(new DescribeStacksCommand({}));
  const { logGroups = [] } = await new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand({}));
  return [
    ...LoadBalancers.map((one) => one.LoadBalancerArn),
    ...TargetGroups.map((one) => one.TargetGroupArn),
    ...clusters,
    ...Stacks.map((one) => one.StackName),
    ...logGroups.map((one) => one.logGroupName),
  ];
}
