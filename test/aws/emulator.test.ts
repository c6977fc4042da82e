import { DescribeStackResourceDriftsCommand, DetectStackDriftCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateNetworkInterfaceCommand, DeleteNetworkInterfaceCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmulatedUser, Emulator } from './emulator/emulator.ts';
import { remains } from './support/remains.ts';
import { meshOf, region, Stacks, templateOf } from './support/stacks.ts';

let emulator: Emulator;
let user: EmulatedUser;
let stacks: Stacks;
let template: string;

beforeAll(async () => {
  emulator = await Emulator.start();
  user = await emulator.createUser('deployer');
  stacks = new Stacks(emulator, user);
  template = await templateOf(
    meshOf('demo', ['east'], ['adminPrincipals: ["arn:aws:iam::123456789012:role/ops"]']),
  );
});

afterAll(async () => {
  await emulator?.stop();
});

const config = () => ({ endpoint: emulator.url, region, credentials: user });

test('makes the stack that isthmus synthesises, and removes all of it', async () => {
  expect(await stacks.deploy('whole', template, 'CREATE')).toBeUndefined();
  const stack = await stacks.settled('whole');
  expect(stack.StackStatus).toBe('CREATE_COMPLETE');
  const outputs = Object.fromEntries((stack.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue]));
  expect(outputs['ClusterName']).toBe('isthmus-demo-east');
  expect(outputs['VpcId']).toMatch(/^vpc-/);
  expect(await stacks.deploy('whole', template, 'UPDATE')).toContain("didn't contain changes");
  expect((await stacks.delete('whole')).StackStatus).toBe('DELETE_COMPLETE');
  expect(await remains(emulator, user, region)).toEqual([]);
});

test('a failing resource rolls the stack back and leaves nothing behind', async () => {
  await emulator.inject({ logicalId: 'Cluster', reason: 'unsupported Kubernetes version', times: 1 });
  await emulator.inject({ logicalId: 'Nat1', seconds: 0.2, times: 1 });
  await stacks.deploy('failing', template, 'CREATE');
  expect((await stacks.settled('failing')).StackStatus).toBe('ROLLBACK_COMPLETE');
  await emulator.clearFaults();
  const events = await stacks.events('failing');
  expect(events.find((event) => event.includes('CREATE_FAILED'))).toContain('unsupported Kubernetes version');
  expect(events.at(-1)).toBe('failing ROLLBACK_COMPLETE');
  await stacks.delete('failing');
  expect(await remains(emulator, user, region)).toEqual([]);
});

test('what someone else put into the VPC stops its removal', async () => {
  await stacks.deploy('held', template, 'CREATE');
  const outputs = (await stacks.settled('held')).Outputs ?? [];
  const subnets = outputs.find((one) => one.OutputKey === 'PrivateSubnetIds')?.OutputValue ?? '';
  const ec2 = new EC2Client(config());
  const planted = await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnets.split(',')[0] }));
  const stack = await stacks.delete('held');
  expect(stack.StackStatus).toBe('DELETE_FAILED');
  expect((await stacks.events('held')).join('\n')).toMatch(/Private1Subnet DELETE_FAILED .*has dependencies/);
  const NetworkInterfaceId = planted.NetworkInterface?.NetworkInterfaceId;
  await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
  expect((await stacks.delete('held')).StackStatus).toBe('DELETE_COMPLETE');
});

test('drift is what the services answer against what the template says', async () => {
  await stacks.deploy('drifting', template, 'CREATE');
  await stacks.settled('drifting');
  const logs = new CloudWatchLogsClient(config());
  const group = { logGroupName: '/aws/eks/isthmus-demo-east/cluster' };
  await logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 1 }));
  await stacks.client.send(new DetectStackDriftCommand({ StackName: 'drifting' }));
  const { StackResourceDrifts = [] } = await stacks.client.send(
    new DescribeStackResourceDriftsCommand({
      StackName: 'drifting',
      StackResourceDriftStatusFilters: ['MODIFIED'],
    }),
  );
  expect(StackResourceDrifts.map((one) => one.LogicalResourceId)).toEqual(['ControlPlaneLogs']);
  expect(StackResourceDrifts[0]?.PropertyDifferences?.[0]?.PropertyPath).toBe('/RetentionInDays');
  await stacks.delete('drifting');
});

test('a cluster has the endpoint that it was given and Auto Mode as asked', async () => {
  const server = { endpoint: 'https://10.99.0.1:6443', certificateAuthority: 'Y2E=' };
  await emulator.placeApiServer('isthmus-demo-east', server);
  await stacks.deploy('placed', template, 'CREATE');
  await stacks.settled('placed');
  const { cluster } = await new EKSClient(config()).send(
    new DescribeClusterCommand({ name: 'isthmus-demo-east' }),
  );
  expect(cluster?.endpoint).toBe(server.endpoint);
  expect(cluster?.certificateAuthority?.data).toBe(server.certificateAuthority);
  expect(cluster?.computeConfig?.nodePools).toEqual(['general-purpose', 'system']);
  expect(cluster?.accessConfig?.authenticationMode).toBe('API');
  expect(cluster?.resourcesVpcConfig?.clusterSecurityGroupId).toMatch(/^sg-/);
});

test('a mirrored load balancer reports what was seen of its targets', async () => {
  const outputs = (await stacks.settled('placed')).Outputs ?? [];
  const output = (key: string) => outputs.find((one) => one.OutputKey === key)?.OutputValue ?? '';
  const balancer = {
    cluster: 'isthmus-demo-east',
    service: 'istio-system/istio-eastwestgateway',
    vpc: output('VpcId'),
    subnets: output('PrivateSubnetIds').split(','),
    listeners: [
      {
        port: 15443,
        targets: [
          { address: '10.1.0.10', port: 15443, state: 'healthy' },
          { address: '10.1.0.11', port: 15443, state: 'unhealthy', reason: 'Target.FailedHealthChecks' },
        ],
      },
    ],
  };
  const { arn } = await emulator.mirrorLoadBalancer(region, balancer);
  const elb = new ElasticLoadBalancingV2Client(config());
  const groups = await elb.send(new DescribeTargetGroupsCommand({ LoadBalancerArn: arn }));
  const { TargetHealthDescriptions = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: groups.TargetGroups?.[0]?.TargetGroupArn }),
  );
  expect(TargetHealthDescriptions.map((one) => [one.Target?.Id, one.TargetHealth?.State])).toEqual([
    ['10.1.0.10', 'healthy'],
    ['10.1.0.11', 'unhealthy'],
  ]);
  await emulator.removeLoadBalancer(region, balancer.cluster, balancer.service);
  await stacks.delete('placed');
  expect(await remains(emulator, user, region)).toEqual([]);
});

test('calls are recorded by whoever they were made for', async () => {
  const calls = await emulator.calls();
  const by = (who: string) => new Set(calls.filter((call) => call.by === who).map((call) => call.action));
  expect(by('caller')).toContain('cloudformation:ExecuteChangeSet');
  expect(by('cloudformation')).toContain('eks:AssociateAccessPolicy');
  expect(by('cloudformation')).toContain('ec2:CreateVpc');
  expect([...by('cloudformation')].filter((action) => action.endsWith(':None'))).toEqual([]);
});
