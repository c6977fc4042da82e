import type { NatGateway, Vpc } from '@aws-sdk/client-ec2';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import { type Cidr, cidrOf, type EksClusterSpec, type Topology } from '../../topology/index.ts';
import { type AwsAccounts, eksClusters } from '../aws-accounts.ts';
import { stackName } from '../names.ts';
import { observeStack } from './stack-state.ts';

export interface SenderLook {
  readonly account: AwsAccount;
  readonly spec: EksClusterSpec;
  /** Name of the cluster's stack. */
  readonly stack: string;
  readonly over: 'internet' | 'private';
}

/**
 * Where a cluster's pods and nodes come from. Over connected networks it is their VPC's blocks; over the
 * internet it is the addresses of its NAT gateways, and the IPv6 block itself. Empty without a VPC yet.
 * Throws RANGES_UNKNOWN if the VPC's way out is no NAT gateway of its own, AWS_REFUSED.
 */
export async function sendsFrom({ account, spec, stack, over }: SenderLook): Promise<Cidr[]> {
  const vpcId = spec.vpcId ?? (await observeStack(account, stack)).outputs['VpcId'];
  if (vpcId === undefined) return [];
  const vpc = await describeVpc(account, vpcId);
  if (over === 'private') return [...ipv4Blocks(vpc), ...ipv6Blocks(vpc)].map(cidrOf);
  const addresses = natAddresses(await describeNats(account, vpcId));
  if (addresses.length > 0) return [...addresses, ...ipv6Blocks(vpc)].map(cidrOf);
  throw new IsthmusError(
    'RANGES_UNKNOWN',
    `cluster ${spec.name}: ${vpcId} has no NAT gateway, so nobody knows from which addresses it reaches its peers`,
    { hint: 'write the blocks that it sends from instead of `peers`' },
  );
}

/** Where the mesh's other clusters come from over the internet, as far as this cluster's API server can list it. */
export async function peersSendFrom(
  { name: mesh, clusters }: Topology,
  spec: EksClusterSpec,
  accounts: AwsAccounts,
): Promise<Cidr[]> {
  const peers = eksClusters(clusters).filter(({ name }) => name !== spec.name);
  const found = await Promise.all(
    peers.map((peer) =>
      sendsFrom({
        account: accounts.of(peer),
        spec: peer,
        stack: stackName(mesh, peer.name),
        over: 'internet',
      }),
    ),
  );
  // Only the API server of an IPv6 cluster has an address of that family, and takes blocks of it.
  return found.flat().filter((block) => spec.ipFamily === 'ipv6' || block.family === 'ipv4');
}

async function describeVpc(account: AwsAccount, vpcId: string): Promise<Vpc> {
  const { DescribeVpcsCommand } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const { Vpcs = [] } = await client
    .send(new DescribeVpcsCommand({ VpcIds: [vpcId] }))
    .catch((error: unknown) => {
      throw awsError(error, `looking at ${vpcId}`);
    });
  return Vpcs[0] ?? {};
}

async function describeNats(account: AwsAccount, vpcId: string): Promise<NatGateway[]> {
  const { paginateDescribeNatGateways } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const found: NatGateway[] = [];
  try {
    const Filter = [{ Name: 'vpc-id', Values: [vpcId] }];
    for await (const { NatGateways = [] } of paginateDescribeNatGateways({ client }, { Filter }))
      found.push(...NatGateways);
  } catch (error) {
    throw awsError(error, `looking for the NAT gateways of ${vpcId}`);
  }
  return found;
}

const natAddresses = (nats: readonly NatGateway[]): string[] =>
  nats
    .filter(({ State }) => State === 'available' || State === 'pending')
    .flatMap(({ NatGatewayAddresses = [] }) => NatGatewayAddresses)
    .flatMap(({ PublicIp }) => (PublicIp === undefined ? [] : [`${PublicIp}/32`]))
    .sort();

const ipv4Blocks = ({ CidrBlock, CidrBlockAssociationSet = [] }: Vpc): string[] => {
  const associated = CidrBlockAssociationSet.filter(
    ({ CidrBlockState: state }) => state?.State === 'associated',
  );
  const blocks = associated.flatMap((one) => one.CidrBlock ?? []);
  return [...new Set([...(CidrBlock ? [CidrBlock] : []), ...blocks])].sort();
};

const ipv6Blocks = ({ Ipv6CidrBlockAssociationSet = [] }: Vpc): string[] =>
  Ipv6CidrBlockAssociationSet.filter(({ Ipv6CidrBlockState: state }) => state?.State === 'associated')
    .flatMap((one) => one.Ipv6CidrBlock ?? [])
    .sort();
