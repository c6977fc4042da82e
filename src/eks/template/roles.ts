import * as iam from 'aws-cdk-lib/aws-iam';
import { Fn } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { EksClusterSpec } from '../../topology/index.ts';
import { clusterPolicies, nodePolicies } from '../managed-policies.ts';

const managed = (name: string): string =>
  Fn.join('', ['arn:', Fn.ref('AWS::Partition'), ':iam::aws:policy/', name]);

/** The role that EKS assumes. The key that encrypts Secrets names it in its own policy, so that no role has a policy inside. */
export function clusterRole(scope: Construct, spec: EksClusterSpec): iam.CfnRole {
  return new iam.CfnRole(scope, 'ClusterRole', {
    ...bounded(spec),
    assumeRolePolicyDocument: trust('eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
    managedPolicyArns: clusterPolicies.map(managed),
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
