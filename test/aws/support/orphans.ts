import {
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DescribeVpcsCommand,
  EC2Client,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import type { EmulatedUser, Emulator } from '../emulator/emulator.ts';
import { region } from './stacks.ts';

/** Put into the emulator what Auto Mode makes for a Service, as if it had outlived its cluster; returns the ids. */
export async function plantOrphans(
  emulator: Emulator,
  user: EmulatedUser,
  cluster: string,
): Promise<string[]> {
  const ec2 = new EC2Client({ endpoint: emulator.url, region, credentials: user });
  const VpcId = (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId;
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: '172.31.240.0/24' }));
  const tagged = (ResourceType: ResourceType) => ({
    TagSpecifications: [{ ResourceType, Tags: [{ Key: 'eks:eks-cluster-name', Value: cluster }] }],
  });
  const naming = { GroupName: 'k8s-orphan', Description: 'orphan', VpcId };
  const group = await ec2.send(new CreateSecurityGroupCommand({ ...naming, ...tagged('security-group') }));
  const card = await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId: Subnet?.SubnetId, ...tagged('network-interface') }),
  );
  const balancer = await emulator.mirrorLoadBalancer(region, {
    cluster,
    service: 'istio-system/istio-eastwestgateway',
    vpc: VpcId ?? '',
    subnets: [Subnet?.SubnetId ?? ''],
    listeners: [],
  });
  return [group.GroupId ?? '', card.NetworkInterface?.NetworkInterfaceId ?? '', balancer.arn];
}
