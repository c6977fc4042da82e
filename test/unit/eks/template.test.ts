import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, NagSuppressions } from 'cdk-nag';
import { afterAll, describe, expect, test } from 'vitest';
import { capabilitiesOf } from '../../../src/eks/capabilities.ts';
import { synthesise } from '../../../src/eks/index.ts';
import { parametersOf } from '../../../src/eks/template/parameters.ts';
import { clusterStack } from '../../../src/eks/template/stack.ts';
import type { EksClusterSpec } from '../../../src/topology/index.ts';
import { eksSpec, meshOf, variants } from './specs.ts';

const inlineLimit = 51_200;

const folder = mkdtempSync(join(tmpdir(), 'isthmus-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

function templateOf(spec: EksClusterSpec): Template {
  return Template.fromStack(stackOf(spec));
}

function stackOf(spec: EksClusterSpec) {
  return clusterStack(new App({ outdir: folder, builtinCloudFormationValidation: false }), 'demo', spec);
}

describe.each(Object.entries(variants))('the %s stack', (name, spec) => {
  test('is the golden one, small enough to need no bucket', async () => {
    const text = `${JSON.stringify(await synthesise(meshOf(spec), spec), null, 2)}\n`;
    expect(text.length).toBeLessThan(inlineLimit);
    await expect(text).toMatchFileSnapshot(`golden/${name}.golden.json`);
  });

  test('needs no bootstrap, asset or custom resource', async () => {
    const template = await synthesise(meshOf(spec), spec);
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /Lambda|Custom|CDK::|S3::/.test(type))).toEqual([]);
    expect(Object.keys((template['Parameters'] as object | undefined) ?? {})).toEqual(parametersOf(spec));
  });

  test('passes the AWS Solutions rules but for what is argued here', () => {
    const stack = stackOf(spec);
    Aspects.of(stack).add(new AwsSolutionsChecks({ verbose: true }));
    NagSuppressions.addStackSuppressions(stack, suppressions(spec));
    const found = [
      ...Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('AwsSolutions-.*')),
      ...Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('AwsSolutions-.*')),
    ];
    expect(found.map(({ id, entry }) => `${id}: ${entry.data}`)).toEqual([]);
  });
});

/** Each is a rule that we break on purpose. */
function suppressions(spec: EksClusterSpec) {
  const always = [
    {
      id: 'AwsSolutions-IAM4',
      reason: 'Auto Mode is defined by these AWS-managed policies; AWS extends them with new EKS features',
    },
  ];
  const openEndpoint = {
    id: 'AwsSolutions-EKS1',
    reason: 'peers’ istiods reach the API server across VPCs; the file limits it with endpoint.publicCidrs',
  };
  const noFlowLogs = {
    id: 'AwsSolutions-VPC7',
    reason: 'flow logs cost by traffic and belong to the account’s own policy; mesh traffic is seen by Envoy',
  };
  return [
    ...always,
    ...(spec.endpoint.public ? [openEndpoint] : []),
    ...(spec.vpcId === undefined ? [noFlowLogs] : []),
  ];
}

test('is Auto Mode with both pools, its own storage and load balancers', () => {
  templateOf(eksSpec()).hasResourceProperties('AWS::EKS::Cluster', {
    Name: 'isthmus-demo-east',
    Version: '1.35',
    AccessConfig: { AuthenticationMode: 'API' },
    ComputeConfig: { Enabled: true, NodePools: ['general-purpose', 'system'] },
    StorageConfig: { BlockStorage: { Enabled: true } },
    KubernetesNetworkConfig: { IpFamily: 'ipv4', ElasticLoadBalancing: { Enabled: true } },
    EncryptionConfig: [Match.objectLike({ Resources: ['secrets'] })],
    ResourcesVpcConfig: Match.objectLike({ PublicAccessCidrs: ['203.0.113.0/24'] }),
  });
});

test('gives every named principal the cluster-admin policy once', () => {
  const ops = 'arn:aws:iam::111122223333:role/ops';
  const template = templateOf(
    eksSpec({ adminPrincipals: [ops, ops, 'arn:aws:iam::111122223333:user/anna'] }),
  );
  template.resourceCountIs('AWS::EKS::AccessEntry', 2);
  const [policy] = Object.values(template.findResources('AWS::EKS::AccessEntry')).map(
    ({ Properties }) => Properties.AccessPolicies,
  );
  expect(JSON.stringify(policy)).toContain('cluster-access-policy/AmazonEKSClusterAdminPolicy');
});

test('tags subnets for the load balancers that may use them, and everything for the mesh', () => {
  const template = templateOf(eksSpec());
  const tagged = (key: string, value: string) =>
    Object.values(
      template.findResources('AWS::EC2::Subnet', {
        Properties: { Tags: Match.arrayWith([{ Key: key, Value: value }]) },
      }),
    ).length;
  expect(tagged('kubernetes.io/role/elb', '1')).toBe(3);
  expect(tagged('kubernetes.io/role/internal-elb', '1')).toBe(3);
  expect(tagged('isthmus.io/mesh', 'demo')).toBe(6);
  expect(tagged('isthmus.io/cluster', 'east')).toBe(6);
  expect(tagged('team', 'platform')).toBe(6);
});

test('makes one NAT gateway, or one per zone on request', () => {
  templateOf(eksSpec()).resourceCountIs('AWS::EC2::NatGateway', 1);
  templateOf(eksSpec({ natGateways: 'per-zone' })).resourceCountIs('AWS::EC2::NatGateway', 3);
});

test('keeps ways out until the cluster is gone', () => {
  const [cluster] = Object.values(
    templateOf(variants['ipv6'] as EksClusterSpec).findResources('AWS::EKS::Cluster'),
  );
  expect(cluster?.DependsOn).toEqual(['ControlPlaneLogs', 'PrivateDefault61', 'PrivateDefault1'].sort());
});

test.each([
  ['ipv4', 'ipv4', { block: 0, assigned: 0, egress: 0, dualstack: false }],
  ['ipv4', 'ipv6', { block: 1, assigned: 0, egress: 0, dualstack: true }],
  ['ipv6', 'ipv4', { block: 1, assigned: 6, egress: 1, dualstack: true }],
  ['ipv6', 'ipv6', { block: 1, assigned: 6, egress: 1, dualstack: true }],
] as const)('an %s cluster with %s peers has what both families need', (ipFamily, peers, wanted) => {
  const spec = eksSpec({ ipFamily, gatewayFamilies: [...new Set([ipFamily, peers])] });
  const template = templateOf(spec);
  template.resourceCountIs('AWS::EC2::VPCCidrBlock', wanted.block);
  template.resourceCountIs('AWS::EC2::EgressOnlyInternetGateway', wanted.egress);
  const subnets = Object.values(template.findResources('AWS::EC2::Subnet')).map(
    ({ Properties }) => Properties,
  );
  expect(subnets).toHaveLength(6);
  expect(subnets.filter((one) => one.Ipv6CidrBlock)).toHaveLength(6 * wanted.block);
  expect(subnets.filter((one) => one.AssignIpv6AddressOnCreation)).toHaveLength(wanted.assigned);
  const blocks = new Set(subnets.map((one) => JSON.stringify(one.Ipv6CidrBlock)));
  expect(blocks.size).toBe(wanted.block === 0 ? 1 : 6);
  const outward = template.findResources('AWS::EC2::Route', {
    Properties: { DestinationIpv6CidrBlock: '::/0', GatewayId: Match.anyValue() },
  });
  expect(Object.keys(outward)).toHaveLength(wanted.block);
  template.hasResourceProperties('AWS::EKS::Cluster', {
    KubernetesNetworkConfig: Match.objectLike({ IpFamily: ipFamily }),
  });
  const { annotations } = capabilitiesOf(spec).loadBalancers.eastWest;
  const kind = annotations['service.beta.kubernetes.io/aws-load-balancer-ip-address-type'];
  expect(kind).toBe(wanted.dualstack ? 'dualstack' : undefined);
});

test('protects from deletion on request', () => {
  const stack = stackOf(eksSpec({ terminationProtection: true }));
  expect(stack.terminationProtection).toBe(true);
  Template.fromStack(stack).hasResourceProperties('AWS::EKS::Cluster', { DeletionProtection: true });
});
