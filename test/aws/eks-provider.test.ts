import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  EC2Client,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eksProvider, requiredPermissions } from '../../src/eks/index.ts';
import { isIsthmusError } from '../../src/errors/index.ts';
import { createClient } from '../../src/kubernetes/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import type { ClusterSpec, Topology } from '../../src/topology/index.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';
import { remains } from './support/remains.ts';
import { meshOf, region, Stacks } from './support/stacks.ts';
import { StubApiServer } from './support/stub-api-server.ts';

const regions = [region, 'eu-west-1'];
const provider = eksProvider({ pollMs: 200 });
const mesh = meshOf('two', ['east', 'west']);
const stubs: StubApiServer[] = [];
const errors: unknown[] = [];
let aws: RehearsedAws;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  await place('two', 'east', region);
  await place('two', 'west', 'eu-west-1');
});

afterAll(async () => {
  await Promise.all(stubs.map((stub) => stub.stop()));
  await aws?.stop();
});

async function place(name: string, cluster: string, where: string): Promise<void> {
  const eksName = `isthmus-${name}-${cluster}`;
  const stub = await StubApiServer.start(aws.emulator.tokenReviewUrl(where, eksName));
  stubs.push(stub);
  await aws.emulator.placeApiServer(eksName, stub.apiServer);
}

const clusterOf = (topology: Topology, at = 0) => topology.clusters[at] as ClusterSpec;
const actions = async (topology: Topology) =>
  (await provider.plan(aws.context(topology), topology.clusters)).map((change) => change.action);

test('plans both clusters before they exist', async () => {
  expect(await provider.unmet(aws.context(mesh), mesh.clusters)).toEqual([]);
  expect(await actions(mesh)).toEqual(['create', 'create']);
});

test('makes two clusters in two regions at once and signs in to both with its own tokens', async () => {
  const context = aws.context(mesh);
  const changed = await Promise.all(mesh.clusters.map((spec) => provider.ensure(context, spec)));
  expect(changed).toEqual([true, true]);
  for (const spec of mesh.clusters) {
    expect(await provider.observe(context, spec)).toMatchObject({ state: 'ready' });
    const kube = createClient(await provider.connection(context, spec));
    expect(await kube.version({ signal: context.signal })).toBe('v1.36.3');
  }
  expect([...(await provider.list(context))].sort()).toEqual(['east', 'west']);
});

test('a second run changes nothing', async () => {
  expect(await actions(mesh)).toEqual(['none', 'none']);
  const before = (await aws.emulator.calls()).length;
  const changed = await Promise.all(mesh.clusters.map((spec) => provider.ensure(aws.context(mesh), spec)));
  expect(changed).toEqual([false, false]);
  const since = (await aws.emulator.calls()).slice(before).map(({ action }) => action);
  expect(since.filter((action) => !/:(Describe|List|Get|AssumeRole)/.test(action))).toEqual([]);
});

test('the plan shows drift and what the file changes, and a run makes the change', async () => {
  const logs = new CloudWatchLogsClient({ endpoint: aws.emulator.url, region, credentials: aws.tester });
  const logGroupName = '/aws/eks/isthmus-two-east/cluster';
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
  const drifted = await provider.plan(aws.context(mesh), mesh.clusters);
  expect(drifted[0]?.details.join('\n')).toMatch(/drift: ControlPlaneLogs .*RetentionInDays/);
  expect(drifted[1]?.details).toEqual([]);
  const longer = meshOf('two', ['east', 'west'], ['logRetentionDays: 400']);
  expect(await actions(longer)).toEqual(['update', 'update']);
  const context = aws.context(longer);
  const changed = await Promise.all(longer.clusters.map((spec) => provider.ensure(context, spec)));
  expect(changed).toEqual([true, true]);
  expect(await actions(longer)).toEqual(['none', 'none']);
});

test('removes both, leaves nothing, and reports what someone planted by its id', async () => {
  const context = aws.context(mesh);
  await Promise.all(['east', 'west'].map((name) => provider.remove(context, name)));
  await Promise.all(['east', 'west'].map((name) => provider.remove(context, name)));
  expect(await provider.list(context)).toEqual([]);
  expect(await provider.audit(context)).toEqual([]);
  for (const where of regions) expect(await remains(aws.emulator, aws.tester, where)).toEqual([]);
  const planted = await plantOrphans();
  const found = (await provider.audit(context)).map((leftover) => leftover.id);
  expect(found.sort()).toEqual(planted.sort());
});

/** Things that Auto Mode would have made for a Service and that outlived it, by their tags. */
async function plantOrphans(): Promise<string[]> {
  const ec2 = new EC2Client({ endpoint: aws.emulator.url, region, credentials: aws.tester });
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: await firstVpc(ec2), CidrBlock: '172.31.240.0/24' }),
  );
  const tags = (kind: ResourceType) => [
    { ResourceType: kind, Tags: [{ Key: 'eks:eks-cluster-name', Value: 'isthmus-two-east' }] },
  ];
  const group = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: 'k8s-orphan',
      Description: 'orphan',
      VpcId: Subnet?.VpcId,
      TagSpecifications: tags('security-group'),
    }),
  );
  const card = await ec2.send(
    new CreateNetworkInterfaceCommand({
      SubnetId: Subnet?.SubnetId,
      TagSpecifications: tags('network-interface'),
    }),
  );
  const balancer = await aws.emulator.mirrorLoadBalancer(region, {
    cluster: 'isthmus-two-east',
    service: 'istio-system/istio-eastwestgateway',
    vpc: Subnet?.VpcId ?? '',
    subnets: [Subnet?.SubnetId ?? ''],
    listeners: [],
  });
  return [group.GroupId ?? '', card.NetworkInterface?.NetworkInterfaceId ?? '', balancer.arn];
}

async function firstVpc(ec2: EC2Client): Promise<string> {
  const { DescribeVpcsCommand } = await import('@aws-sdk/client-ec2');
  return (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId ?? '';
}

test('a failing resource is explained by name and reason, and the next run starts over', async () => {
  const topology = meshOf('refused', ['east']);
  await place('refused', 'east', region);
  const reason = 'The maximum number of addresses has been reached.';
  await aws.emulator.inject({ logicalId: 'NatAddress', reason, times: 1 });
  const failure = await provider.ensure(aws.context(topology), clusterOf(topology)).catch((error) => error);
  errors.push(failure);
  expect(isIsthmusError(failure) && failure.code).toBe('STACK_FAILED');
  expect(failure.message).toMatch(/NatAddress1.*maximum number of addresses/s);
  expect(failure.hint).toMatch(/quota/);
  expect(await provider.ensure(aws.context(topology), clusterOf(topology))).toBe(true);
  await provider.remove(aws.context(topology), 'east');
});

test('a run that was killed in the middle of a stack is taken up by the next', async () => {
  const topology = meshOf('killed', ['east']);
  await place('killed', 'east', region);
  await aws.emulator.inject({ logicalId: 'Nat1', stack: 'killed', seconds: 4, times: 1 });
  const script = fileURLToPath(new URL('support/ensure-cluster.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, 'killed', 'east'], { stdio: 'ignore' });
  const stacks = new Stacks(aws.emulator, aws.tester);
  await waitUntil({ what: 'the stack to be half made', timeoutMs: 60_000 }, async () => {
    const events = await stacks.events('isthmus-killed-east').catch(() => []);
    if (!events.some((event) => event.startsWith('Nat1 '))) throw new NotReady('not yet');
  });
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(await provider.observe(aws.context(topology), clusterOf(topology))).toMatchObject({
    state: 'starting',
  });
  expect(await provider.ensure(aws.context(topology), clusterOf(topology))).toBe(true);
  expect(await actions(topology)).toEqual(['none']);
  await provider.remove(aws.context(topology), 'east');
});

test('every call that was made is allowed by the policy that plan shows', async () => {
  const allowed = requiredPermissions(mesh).Statement.flatMap(({ Action }) => Action);
  const patterns = allowed.map((action) => new RegExp(`^${action.replaceAll('*', '.*')}$`));
  // Needs no permission, and one that a deployer without the CDK's bootstrap roles is refused and does without.
  const free = ['sts:GetCallerIdentity', 'sts:AssumeRole'];
  const made = (await aws.actions()).filter((action) => !free.includes(action));
  expect(made.length).toBeGreaterThan(50);
  expect(made.filter((action) => !patterns.some((pattern) => pattern.test(action)))).toEqual([]);
});

test('nothing that was said holds a credential or a token', () => {
  const said = aws.said + errors.map((error) => `${String(error)}${JSON.stringify(error)}`).join('');
  const tokens = stubs.flatMap((stub) => stub.tokens).filter((token) => token.startsWith('k8s-aws-v1.'));
  expect(tokens.length).toBeGreaterThan(0);
  for (const secret of [aws.deployer.secretAccessKey, ...tokens]) expect(said).not.toContain(secret);
  expect(said).not.toMatch(/X-Amz-Signature/);
});
