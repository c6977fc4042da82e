import type { EksClusterSpec } from '../../topology/index.ts';

/**
 * What CloudFormation calls in the deployer's name for each type of resource in our stacks: to create,
 * read, update, tag and delete it. A type that is missing here fails a unit test.
 */
export const resourceActions = {
  'AWS::EC2::VPC': [
    'ec2:CreateVpc',
    'ec2:DeleteVpc',
    'ec2:DescribeVpcs',
    'ec2:DescribeVpcAttribute',
    'ec2:ModifyVpcAttribute',
    'ec2:DescribeNetworkAcls',
    'ec2:DescribeSecurityGroups',
    'ec2:CreateTags',
    'ec2:DeleteTags',
  ],
  'AWS::EC2::VPCCidrBlock': ['ec2:AssociateVpcCidrBlock', 'ec2:DisassociateVpcCidrBlock', 'ec2:DescribeVpcs'],
  'AWS::EC2::Subnet': [
    'ec2:CreateSubnet',
    'ec2:DeleteSubnet',
    'ec2:DescribeSubnets',
    'ec2:ModifySubnetAttribute',
    'ec2:AssociateSubnetCidrBlock',
    'ec2:DisassociateSubnetCidrBlock',
  ],
  'AWS::EC2::InternetGateway': [
    'ec2:CreateInternetGateway',
    'ec2:DeleteInternetGateway',
    'ec2:DescribeInternetGateways',
  ],
  'AWS::EC2::VPCGatewayAttachment': [
    'ec2:AttachInternetGateway',
    'ec2:DetachInternetGateway',
    'ec2:DescribeInternetGateways',
    'ec2:DescribeVpnGateways',
  ],
  'AWS::EC2::EgressOnlyInternetGateway': [
    'ec2:CreateEgressOnlyInternetGateway',
    'ec2:DeleteEgressOnlyInternetGateway',
    'ec2:DescribeEgressOnlyInternetGateways',
    'ec2:DescribeVpcs',
  ],
  'AWS::EC2::RouteTable': ['ec2:CreateRouteTable', 'ec2:DeleteRouteTable', 'ec2:DescribeRouteTables'],
  'AWS::EC2::SubnetRouteTableAssociation': [
    'ec2:AssociateRouteTable',
    'ec2:DisassociateRouteTable',
    'ec2:ReplaceRouteTableAssociation',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSubnets',
  ],
  'AWS::EC2::Route': ['ec2:CreateRoute', 'ec2:ReplaceRoute', 'ec2:DeleteRoute', 'ec2:DescribeRouteTables'],
  'AWS::EC2::EIP': [
    'ec2:AllocateAddress',
    'ec2:ReleaseAddress',
    'ec2:DescribeAddresses',
    'ec2:DisassociateAddress',
  ],
  'AWS::EC2::NatGateway': ['ec2:CreateNatGateway', 'ec2:DeleteNatGateway', 'ec2:DescribeNatGateways'],
  'AWS::KMS::Key': [
    'kms:CreateKey',
    'kms:DescribeKey',
    'kms:UpdateKeyDescription',
    'kms:EnableKeyRotation',
    'kms:DisableKeyRotation',
    'kms:GetKeyRotationStatus',
    'kms:GetKeyPolicy',
    'kms:PutKeyPolicy',
    'kms:ListResourceTags',
    'kms:TagResource',
    'kms:UntagResource',
    'kms:ScheduleKeyDeletion',
  ],
  'AWS::Logs::LogGroup': [
    'logs:CreateLogGroup',
    'logs:DeleteLogGroup',
    'logs:DescribeLogGroups',
    'logs:PutRetentionPolicy',
    'logs:DeleteRetentionPolicy',
    'logs:ListTagsForResource',
    'logs:TagResource',
    'logs:UntagResource',
  ],
  'AWS::IAM::Role': [
    'iam:CreateRole',
    'iam:DeleteRole',
    'iam:GetRole',
    'iam:UpdateRole',
    'iam:TagRole',
    'iam:UntagRole',
    'iam:AttachRolePolicy',
    'iam:DetachRolePolicy',
    'iam:ListAttachedRolePolicies',
    // Roles once had a policy inside: it may be read and taken away, and none is ever put there.
    'iam:GetRolePolicy',
    'iam:DeleteRolePolicy',
    'iam:ListRolePolicies',
  ],
  'AWS::EKS::Cluster': [
    'eks:CreateCluster',
    'eks:DeleteCluster',
    'eks:DescribeCluster',
    'eks:DescribeUpdate',
    'eks:UpdateClusterConfig',
    'eks:UpdateClusterVersion',
    'eks:AssociateEncryptionConfig',
    'eks:ListUpdates',
    'eks:TagResource',
    'eks:UntagResource',
    'eks:ListTagsForResource',
    // EKS takes these two from whoever creates a cluster with encrypted Secrets.
    'kms:DescribeKey',
    'kms:CreateGrant',
    'iam:PassRole',
    'iam:GetRole',
    'iam:ListAttachedRolePolicies',
    'iam:CreateServiceLinkedRole',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcs',
    'ec2:DescribeSecurityGroups',
  ],
  'AWS::EKS::AccessEntry': [
    'eks:CreateAccessEntry',
    'eks:DeleteAccessEntry',
    'eks:DescribeAccessEntry',
    'eks:UpdateAccessEntry',
    'eks:AssociateAccessPolicy',
    'eks:DisassociateAccessPolicy',
    'eks:ListAssociatedAccessPolicies',
    'eks:TagResource',
    'eks:UntagResource',
    'eks:ListTagsForResource',
  ],
  'AWS::EKS::Addon': [
    'eks:CreateAddon',
    'eks:DeleteAddon',
    'eks:DescribeAddon',
    'eks:UpdateAddon',
    'eks:DescribeAddonConfiguration',
    'eks:TagResource',
    'eks:UntagResource',
    'eks:ListTagsForResource',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ResourceType = keyof typeof resourceActions;

const always: readonly ResourceType[] = [
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::IAM::Role',
  'AWS::EKS::Cluster',
  'AWS::EKS::AccessEntry',
  'AWS::EKS::Addon',
];
const newVpc: readonly ResourceType[] = [
  'AWS::EC2::VPC',
  'AWS::EC2::Subnet',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::Route',
  'AWS::EC2::EIP',
  'AWS::EC2::NatGateway',
];

/** The types of resource that a stack may hold. */
export function resourceTypes(
  spec: Pick<EksClusterSpec, 'vpcId' | 'ipFamily' | 'gatewayFamilies'>,
): ResourceType[] {
  if (spec.vpcId !== undefined) return [...always];
  return [
    ...always,
    ...newVpc,
    ...(spec.gatewayFamilies.includes('ipv6') ? (['AWS::EC2::VPCCidrBlock'] as const) : []),
    ...(spec.ipFamily === 'ipv6' ? (['AWS::EC2::EgressOnlyInternetGateway'] as const) : []),
  ];
}

/** What isthmus and toolkit-lib call themselves, besides CloudFormation for the resources. */
export const ownActions = {
  stacks: [
    'cloudformation:CreateChangeSet',
    'cloudformation:DescribeChangeSet',
    'cloudformation:ExecuteChangeSet',
    'cloudformation:DeleteChangeSet',
    'cloudformation:DescribeStackEvents',
    'cloudformation:GetTemplate',
    'cloudformation:DeleteStack',
    'cloudformation:UpdateTerminationProtection',
    'cloudformation:DetectStackDrift',
    'cloudformation:DescribeStackResourceDrifts',
    'cloudformation:TagResource',
    'cloudformation:UntagResource',
  ],
  /** Actions that cannot be limited to our own resources, because they list or ask for what exists. */
  reads: [
    'cloudformation:DescribeStacks',
    'cloudformation:DescribeStackDriftDetectionStatus',
    'cloudformation:DescribeStackResources',
    'ec2:DescribeAddresses',
    'ec2:DescribeAvailabilityZones',
    'ec2:DescribeEgressOnlyInternetGateways',
    'ec2:DescribeInstances',
    'ec2:DescribeInternetGateways',
    'ec2:DescribeNatGateways',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeRegions',
    'ec2:DescribeRouteTables',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeTags',
    'ec2:DescribeVolumes',
    'ec2:DescribeVpcs',
    // It is asked by an add-on's name and version, of no cluster (eks, API_DescribeAddonConfiguration).
    'eks:DescribeAddonConfiguration',
    'elasticloadbalancing:DescribeListeners',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeTargetGroups',
    'elasticloadbalancing:DescribeTargetHealth',
    'logs:DescribeLogGroups',
    'sts:GetCallerIdentity',
    'tag:GetResources',
  ],
  clusters: ['eks:DescribeCluster', 'eks:ListAccessEntries'],
  logs: ['logs:DeleteLogGroup'],
} as const;
