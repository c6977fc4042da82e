import { Fn } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { EksClusterSpec } from '../../topology/index.ts';

/** Policies that Auto Mode asks of the cluster's role: control plane, nodes, volumes, load balancers, networking. */
export const clusterPolicies = [
  'AmazonEKSClusterPolicy',
  'AmazonEKSComputePolicy',
  'AmazonEKSBlockStoragePolicy',
  'AmazonEKSLoadBalancingPolicy',
  'AmazonEKSNetworkingPolicy',
] as const;

/** Policies that Auto Mode asks of the nodes' role: join the cluster, pull images. */
export const nodePolicies = [
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AmazonEC2ContainerRegistryPullOnly',
] as const;

const managed = (name: string): string =>
  Fn.join('', ['arn:', Fn.ref('AWS::Partition'), ':iam::aws:policy/', name]);

/** The role that EKS assumes; it may also use the key that encrypts Secrets. */
export function clusterRole(scope: Construct, spec: EksClusterSpec, keyArn: string): iam.CfnRole {
  return new iam.CfnRole(scope, 'ClusterRole', {
    ...bounded(spec),
    assumeRolePolicyDocument: trust('eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
    managedPolicyArns: clusterPolicies.map(managed),
    policies: [
      {
        policyName: 'secrets-encryption',
        policyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ListGrants', 'kms:DescribeKey'],
              Resource: keyArn,
            },
          ],
        },
      },
    ],
  });
}

/** The role of the nodes that Auto Mode starts. */
export function nodeRole(scope: Construct, spec: EksClusterSpec): iam.CfnRole {
  return new iam.CfnRole(scope, 'NodeRole', {
    ...bounded(spec),
    assumeRolePolicyDocument: trust('ec2.amazonaws.com', ['sts:AssumeRole']),
    managedPolicyArns: nodePolicies.map(managed),
  });
}

const bounded = ({ permissionsBoundary }: EksClusterSpec) =>
  permissionsBoundary === undefined ? {} : { permissionsBoundary };

function trust(service: string, actions: string[]): object {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: actions }],
  };
}
