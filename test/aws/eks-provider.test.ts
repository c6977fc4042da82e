import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eksProvider, requiredPermissions } from '../../src/eks/index.ts';
import { createClient } from '../../src/kubernetes/index.ts';
import { type ClusterSpec, parseTopology, type Topology } from '../../src/topology/index.ts';
import type { FakeApiServer } from '../fakes/api-server.ts';
import { allows } from '../fakes/iam.ts';
import { placeApiServer } from './support/api-servers.ts';
import { judgedCalls } from './support/judged-call.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';
import { remains } from './support/remains.ts';
import { type MoreLines, meshText, region } from './support/stacks.ts';

// The provider alone, with an IPv4 and an IPv6 cluster; the command line and the mesh are in rehearsal.test.ts.
const regions = [region, 'eu-west-1'];
const provider = eksProvider({ pollMs: 200 });
const two = (more: MoreLines = {}): Topology =>
  parseTopology(meshText('two', ['east', 'west'], { west: ['ipFamily: ipv6'], ...more }), 'mesh.yaml');
const mesh = two();
const servers: FakeApiServer[] = [];
let aws: RehearsedAws;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  const place = (cluster: string, where: string) =>
    placeApiServer(aws.emulator, { region: where, cluster, eksName: `isthmus-two-${cluster}` });
  servers.push(await place('east', region), await place('west', 'eu-west-1'));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await aws?.stop();
});

const actions = async (topology: Topology) =>
  (await provider.plan(aws.context(topology), topology.clusters)).map((change) => change.action);
const admit = (topology: Topology) =>
  Promise.all(topology.clusters.map((spec) => provider.admitPeers?.(aws.context(topology), spec)));
const ensure = (topology: Topology) =>
  Promise.all(topology.clusters.map((spec) => provider.ensure(aws.context(topology), spec)));

test('plans both clusters before they exist', async () => {
  expect(await provider.missingRequirements(aws.context(mesh), mesh.clusters)).toEqual([]);
  expect(await actions(mesh)).toEqual(['create', 'create']);
});

test('makes two clusters in two regions at once and signs in to both with its own tokens', async () => {
  const context = aws.context(mesh);
  expect(await ensure(mesh)).toEqual([true, true]);
  for (const spec of mesh.clusters) {
    expect(await provider.observe(context, spec)).toMatchObject({ state: 'ready' });
    const kube = createClient(await provider.connection(context, spec));
    expect(await kube.version({ signal: context.signal })).toBe('v1.36.3');
  }
  expect([...(await provider.list(context))].sort()).toEqual(['east', 'west']);
});

test('the subnets of both have IPv6, since the gateways of the IPv4 cluster have peers on IPv6', async () => {
  for (const where of regions) {
    const ec2 = new EC2Client({ endpoint: aws.emulator.url, region: where, credentials: aws.tester });
    const mine = [{ Name: 'tag:isthmus.io/mesh', Values: ['two'] }];
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters: mine }));
    const blocks = Subnets.flatMap((one) => one.Ipv6CidrBlockAssociationSet ?? []);
    expect(new Set(blocks.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)).size).toBe(6);
    const assigning = Subnets.filter((one) => one.AssignIpv6AddressOnCreation);
    expect(assigning).toHaveLength(where === region ? 0 : 6);
  }
});

test('each API server lets in the other’s NAT gateway, known only once both clusters are there', async () => {
  expect(await admit(mesh)).toEqual([true, true]);
  expect(await admit(mesh)).toEqual([false, false]);
  const [east, west] = await Promise.all(
    mesh.clusters.map((spec) => provider.sendsFrom(aws.context(mesh), spec, 'internet')),
  );
  expect(east?.map(({ family, prefix }) => [family, prefix])).toEqual([
    ['ipv4', 32],
    ['ipv6', 56],
  ]);
  const eks = new EKSClient({ endpoint: aws.emulator.url, region, credentials: aws.tester });
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'isthmus-two-east' }));
  expect(cluster?.resourcesVpcConfig?.publicAccessCidrs).toEqual(['203.0.113.0/24', String(west?.[0])]);
  const blocks = await provider.sendsFrom(aws.context(mesh), mesh.clusters[0] as ClusterSpec, 'private');
  expect(blocks.map(String)).toContain('10.1.0.0/16');
});

test('a second run only looks', async () => {
  expect(await actions(mesh)).toEqual(['none', 'none']);
  const before = (await aws.emulator.calls()).length;
  expect(await ensure(mesh)).toEqual([false, false]);
  const since = (await aws.emulator.calls()).slice(before).map(({ action }) => action);
  expect(since.filter((action) => !/:(Describe|List|Get|Detect)/.test(action))).toEqual([]);
});

test('a change that takes subnets away is refused before anything is touched, unless somebody agreed', async () => {
  const fewer = two({ west: ['ipFamily: ipv6', 'zones: [eu-west-1a, eu-west-1b]'] });
  const before = (await aws.emulator.calls()).length;
  expect(await provider.missingRequirements(aws.context(fewer), fewer.clusters)).toMatchObject([
    { code: 'REPLACEMENT_REFUSED', message: expect.stringContaining('Private3Subnet (AWS::EC2::Subnet)') },
  ]);
  const agreed = { ...aws.context(fewer), allowReplacement: true };
  expect(await provider.missingRequirements(agreed, fewer.clusters)).toEqual([]);
  const [, west] = await provider.plan(aws.context(fewer), fewer.clusters);
  expect(west?.details.join()).toMatch(
    /refuses to replace these without --allow-replacement: .*Private3Subnet/,
  );
  const since = (await aws.emulator.calls()).slice(before).map(({ action }) => action);
  expect(since.filter((action) => !/:(Describe|List|Get|Detect)/.test(action))).toEqual([]);
});

test('a changed file is an update, and gone is success', async () => {
  const longer = two({ all: ['logRetentionDays: 400'] });
  expect(await actions(longer)).toEqual(['update', 'update']);
  expect(await ensure(longer)).toEqual([true, true]);
  expect(await actions(longer)).toEqual(['none', 'none']);
  const context = aws.context(longer);
  await Promise.all(['east', 'west'].map((name) => provider.remove(context, name)));
  await Promise.all(['east', 'west'].map((name) => provider.remove(context, name)));
  expect(await provider.list(context)).toEqual([]);
  expect(await provider.audit(context)).toEqual([]);
  for (const where of regions) expect(await remains(aws.emulator, aws.tester, where)).toEqual([]);
});

test('every call that was made is allowed on what it was about by the policy that plan shows', async () => {
  const policy = requiredPermissions(mesh);
  const made = (await aws.calls()).flatMap((call) => judgedCalls(call));
  const actions = new Set(made.map(({ action }) => action));
  expect(actions.size).toBeGreaterThan(50);
  expect(made.filter((call) => call.action !== 'sts:GetCallerIdentity' && !allows(policy, call))).toEqual([]);
  expect([...actions].filter((action) => action.startsWith('sts:'))).toEqual(['sts:GetCallerIdentity']);
});

test('the policy of another mesh allows none of the changes that were made', async () => {
  const other = parseTopology(
    meshText('two', ['east', 'west'], {}).replace('name: two', 'name: three'),
    'mesh.yaml',
  );
  const policy = requiredPermissions(other);
  const changes = (await aws.calls()).filter(
    ({ action }) =>
      !/:(Describe|List|Get)|DetectStackDrift|^ec2:(Allocate|Create(?!Route$|Tags))/.test(action),
  );
  expect(changes.length).toBeGreaterThan(50);
  const allowed = changes.filter((call) => judgedCalls(call).every((one) => allows(policy, one)));
  expect(allowed.map(({ action }) => action)).toEqual([]);
});
