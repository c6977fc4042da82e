import * as eks from 'aws-cdk-lib/aws-eks';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnParameter, Fn, RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { EksClusterSpec } from '../../topology/index.ts';
import { logGroupName } from '../names.ts';
import type { Network } from './network.ts';
import { admitsPeers, publicCidrsParameter } from './parameters.ts';
import { clusterRole, nodeRole } from './roles.ts';

const logTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] as const;

/** EKS in Auto Mode with its key, roles, log group and access entries. */
export function autoModeCluster(
  scope: Construct,
  spec: EksClusterSpec,
  options: { name: string; network: Network },
): eks.CfnCluster {
  const role = clusterRole(scope, spec);
  const key = secretsKey(scope, options.name, role.attrArn);
  const logGroup = controlPlaneLogs(scope, spec, options.name);
  const cluster = new eks.CfnCluster(scope, 'Cluster', {
    name: options.name,
    version: spec.kubernetesVersion,
    roleArn: role.attrArn,
    // The deployer gets an access entry from EKS itself, whatever kind of principal it is.
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
    bootstrapSelfManagedAddons: false,
    computeConfig: {
      enabled: true,
      nodePools: ['general-purpose', 'system'],
      nodeRoleArn: nodeRole(scope, spec).attrArn,
    },
    storageConfig: { blockStorage: { enabled: true } },
    kubernetesNetworkConfig: { ipFamily: spec.ipFamily, elasticLoadBalancing: { enabled: true } },
    resourcesVpcConfig: {
      subnetIds: options.network.privateSubnetIds,
      endpointPrivateAccess: spec.endpoint.private,
      endpointPublicAccess: spec.endpoint.public,
      ...publicAccess(scope, spec),
    },
    encryptionConfig: [{ provider: { keyArn: key.attrArn }, resources: ['secrets'] }],
    logging: { clusterLogging: { enabledTypes: logTypes.map((type) => ({ type })) } },
    upgradePolicy: { supportType: spec.upgradePolicy },
    deletionProtection: spec.terminationProtection,
  });
  // EKS would make the log group itself, without retention; nodes need a way out until they are gone.
  for (const first of [logGroup, ...options.network.routes]) cluster.addResourceDependency(first);
  accessEntries(scope, spec, cluster);
  metricsServer(scope, cluster);
  return cluster;
}

function publicAccess(scope: Construct, spec: EksClusterSpec): { publicAccessCidrs?: string[] } {
  const { publicCidrs, ...endpoint } = spec.endpoint;
  if (!endpoint.public || publicCidrs.length === 0) return {};
  if (!admitsPeers(spec)) return { publicAccessCidrs: publicCidrs.map(String) };
  const parameter = new CfnParameter(scope, publicCidrsParameter, {
    type: 'CommaDelimitedList',
    description: 'Blocks that may reach the API server, those of the peers among them',
  });
  return { publicAccessCidrs: parameter.valueAsList };
}

function secretsKey(scope: Construct, name: string, clusterRoleArn: string): kms.CfnKey {
  const root = Fn.join('', ['arn:', Fn.ref('AWS::Partition'), ':iam::', Fn.ref('AWS::AccountId'), ':root']);
  const key = new kms.CfnKey(scope, 'SecretsKey', {
    description: `Encrypts the Secrets of EKS cluster ${name}`,
    enableKeyRotation: true,
    pendingWindowInDays: 7,
    keyPolicy: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { AWS: clusterRoleArn },
          Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ListGrants', 'kms:DescribeKey'],
          Resource: '*',
        },
      ],
    },
  });
  key.applyRemovalPolicy(RemovalPolicy.DESTROY);
  return key;
}

function controlPlaneLogs(scope: Construct, spec: EksClusterSpec, name: string): logs.CfnLogGroup {
  const group = new logs.CfnLogGroup(scope, 'ControlPlaneLogs', {
    logGroupName: logGroupName(name),
    retentionInDays: spec.logRetentionDays,
  });
  group.applyRemovalPolicy(RemovalPolicy.DESTROY);
  return group;
}

/** EKS brings none by itself, and without its figures no HorizontalPodAutoscaler scales. */
function metricsServer(scope: Construct, cluster: eks.CfnCluster): void {
  new eks.CfnAddon(scope, 'MetricsServer', { clusterName: cluster.ref, addonName: 'metrics-server' });
}

function accessEntries(scope: Construct, spec: EksClusterSpec, cluster: eks.CfnCluster): void {
  const policyArn = Fn.join('', [
    'arn:',
    Fn.ref('AWS::Partition'),
    ':eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
  ]);
  for (const [at, principalArn] of [...new Set(spec.adminPrincipals)].entries())
    new eks.CfnAccessEntry(scope, `Admin${at + 1}`, {
      clusterName: cluster.ref,
      principalArn,
      type: 'STANDARD',
      accessPolicies: [{ policyArn, accessScope: { type: 'cluster' } }],
    });
}
