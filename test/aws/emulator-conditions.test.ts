import { Resolver } from 'node:dns/promises';
import { fileURLToPath } from 'node:url';
import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTagsCommand, EC2Client, paginateDescribeTags } from '@aws-sdk/client-ec2';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { type EmulatedUser, Emulator } from './emulator/emulator.ts';
import { emulatorPython } from './emulator/python-environment.ts';
import { plantOrphans } from './support/orphans.ts';
import { meshOf, region, Stacks, templateOf } from './support/stacks.ts';

// What conditions do to the emulator itself; what they do to isthmus is in conditions.test.ts.
let emulator: Emulator;
let user: EmulatedUser;

beforeAll(async () => {
  emulator = await Emulator.start();
  user = await emulator.createUser('deployer');
  const stacks = new Stacks(emulator, user);
  await stacks.deploy('whole', await templateOf(meshOf('demo', ['east'])), 'CREATE');
  await stacks.settled('whole');
});
afterEach(() => emulator.behave({}));
afterAll(() => emulator?.stop());

const once = () => ({ endpoint: emulator.url, region, credentials: user, maxAttempts: 1 });
const cloudFormation = () => new Stacks(emulator, user).client;

async function balancers() {
  const client = new ElasticLoadBalancingV2Client(once());
  return (await client.send(new DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
}
const states = async () => (await balancers()).map((one) => one.State?.Code);

test('a load balancer takes its time to be active and to go', async () => {
  await emulator.behave({ loadBalancers: { activeAfter: 0.5, goneAfter: 'never' } });
  await plantOrphans(emulator, user, 'isthmus-demo-east');
  expect(await states()).toEqual(['provisioning']);
  await waitUntil({ what: 'it to be active', timeoutMs: 5000 }, async () => {
    if ((await states())[0] !== 'active') throw new NotReady('provisioning');
  });
  const service = 'istio-system/istio-eastwestgateway';
  await emulator.removeLoadBalancer(region, 'isthmus-demo-east', service);
  expect(await states()).toEqual(['active']);
  await emulator.behave({ loadBalancers: { goneAfter: 0.5 } });
  await emulator.removeLoadBalancer(region, 'isthmus-demo-east', service);
  expect(await states()).toEqual(['active']);
  await waitUntil({ what: 'it to go', timeoutMs: 5000 }, async () => {
    if ((await states()).length > 0) throw new NotReady('still listed');
  });
});

test('a drift detection takes its time, and may fail', async () => {
  await emulator.behave({ drift: { seconds: 0.5, failure: 'cannot read Vpc' } });
  const { StackDriftDetectionId } = await cloudFormation().send(
    new DetectStackDriftCommand({ StackName: 'whole' }),
  );
  const status = () =>
    cloudFormation().send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
  expect(await status()).toMatchObject({ DetectionStatus: 'DETECTION_IN_PROGRESS' });
  await waitUntil({ what: 'its end', timeoutMs: 5000 }, async () => {
    if ((await status()).DetectionStatus === 'DETECTION_IN_PROGRESS') throw new NotReady('in progress');
  });
  expect(await status()).toMatchObject({
    DetectionStatus: 'DETECTION_FAILED',
    DetectionStatusReason: 'cannot read Vpc',
  });
});

test('a name is unknown until its time has come, and so is a name that nobody placed', async () => {
  const resolver = new Resolver();
  resolver.setServers([emulator.names]);
  await emulator.placeName('late.eks.amazonaws.com', '127.0.0.1', 0.5);
  await expect(resolver.resolve4('late.eks.amazonaws.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolve4('never.eks.amazonaws.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await waitUntil({ what: 'the name', timeoutMs: 5000 }, () =>
    resolver.resolve4('late.eks.amazonaws.com').catch((error: Error) => {
      throw new NotReady(error.message);
    }),
  );
  expect(await resolver.resolve4('LATE.eks.amazonaws.com')).toEqual(['127.0.0.1']);
  await expect(resolver.resolve6('late.eks.amazonaws.com')).rejects.toMatchObject({ code: 'ENODATA' });
});

test.each([
  ['Throttling', 'cloudformation', () => cloudFormation().send(new DescribeStacksCommand({}))],
  ['Throttling', 'elasticloadbalancing', () => balancers()],
  ['RequestLimitExceeded', 'ec2', () => new EC2Client(once()).send(new DescribeTagsCommand({}))],
  ['ThrottlingException', 'eks', () => new EKSClient(once()).send(new ListClustersCommand({}))],
  [
    'ThrottlingException',
    'logs',
    () => new CloudWatchLogsClient(once()).send(new DescribeLogGroupsCommand({})),
  ],
])('refuses calls as too many: %s of %s', async (name, service, call) => {
  await emulator.behave({
    throttles: [{ action: `${service}:*`, times: service === 'cloudformation' ? 3 : 1 }],
  });
  await expect(call()).rejects.toMatchObject({ name });
  await call();
});

test('refuses them for a time', async () => {
  await emulator.behave({ throttles: [{ action: 'elasticloadbalancing:Describe*', seconds: 0.5 }] });
  await expect(balancers()).rejects.toMatchObject({ name: 'Throttling' });
  await waitUntil({ what: 'its end', timeoutMs: 5000 }, () =>
    balancers().catch((error: Error) => {
      throw new NotReady(error.message);
    }),
  );
});

test('a list comes in small pages, and the first of EC2’s may be empty', async () => {
  const all = (await new EC2Client(once()).send(new DescribeTagsCommand({}))).Tags ?? [];
  await emulator.behave({ pageSize: 7 });
  const pages = [];
  for await (const page of paginateDescribeTags({ client: new EC2Client(once()) }, {})) pages.push(page);
  expect(pages.map(({ Tags = [] }) => Tags.length).slice(0, 3)).toEqual([0, 7, 7]);
  expect(pages.flatMap(({ Tags = [] }) => Tags)).toEqual(all);
});

test('cuts two answers at once, each as if it were alone', async () => {
  const folder = fileURLToPath(new URL('emulator', import.meta.url));
  const { stdout } = await execa(await emulatorPython(), ['-B', 'answers_at_once.py'], { cwd: folder });
  expect(stdout).toBe('0 of 900');
});
