import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { loadBalancers } from '../../src/checks/gateways/lb.ts';
import { eksProvider } from '../../src/eks/index.ts';
import { gatewayAddresses } from '../../src/istio/index.ts';
import { createClient } from '../../src/kubernetes/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { recordingReporter } from '../../src/report/index.ts';
import { type ClusterSpec, parseTopology, type Topology } from '../../src/topology/index.ts';
import type { FakeApiServer } from '../fakes/api-server.ts';
import { placeApiServer } from './support/api-servers.ts';
import { askNameServer } from './support/names.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';
import { remains } from './support/remains.ts';
import { meshText, region, Stacks } from './support/stacks.ts';

// AWS as it is on a bad day, and isthmus's provider on one cluster of it, whose tests go on from each other.
const eksName = 'isthmus-slow-east';
const host = 'a1b2.gr7.eu-central-1.eks.amazonaws.com';
const service = 'istio-system/istio-eastwestgateway';
const provider = eksProvider({ pollMs: 100, loadBalancerMs: 3000 });
const mesh: Topology = parseTopology(meshText('slow', ['east']), 'mesh.yaml');
const east = mesh.clusters[0] as ClusterSpec;
let aws: RehearsedAws;
let server: FakeApiServer;
let restoreNames: () => void;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  server = await placeApiServer(aws.emulator, { region, cluster: 'east', eksName, host });
  restoreNames = askNameServer(aws.emulator.names);
});
afterEach(() => aws.emulator.behave({}));
afterAll(async () => {
  restoreNames?.();
  await server?.close();
  await aws?.stop();
});

/** What a piece of work ends in and says; `hear` is told each line of its progress. */
async function notedBy(
  work: (context: ReturnType<RehearsedAws['context']>) => Promise<unknown>,
  hear: (line: string) => void = () => {},
) {
  const record = recordingReporter();
  const emit: typeof record.emit = (event) => {
    record.emit(event);
    if (event.type === 'span-progress') hear(event.message ?? '');
  };
  const reporter = { emit };
  const outcome = await work({ ...aws.context(mesh), reporter }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const progress = record.events.flatMap((one) => (one.type === 'span-progress' ? [one.message ?? ''] : []));
  const notes = record.events.flatMap((one) => (one.type === 'note' ? [`${one.code} ${one.message}`] : []));
  return { outcome, progress, notes };
}

test('an API server whose name resolves late is waited for, while CloudFormation is short of calls', async () => {
  await aws.emulator.behave({ throttles: [{ action: 'cloudformation:Describe*', times: 2 }], pageSize: 20 });
  const waits: string[] = [];
  const { outcome } = await notedBy(
    (context) => provider.ensure(context, east),
    (line) => {
      if (!line.includes('the host name does not resolve')) return;
      if (waits.push(line) === 1) void aws.emulator.placeName(host, '127.0.0.1', 1);
    },
  );
  expect(outcome).toBeUndefined();
  expect(waits).not.toEqual([]);
  expect(await provider.observe(aws.context(mesh), east)).toMatchObject({ state: 'ready' });
});

test('a drift detection that fails is said, and is no error', async () => {
  await aws.emulator.behave({ drift: { seconds: 1, failure: 'cannot read Vpc' } });
  const [change] = await provider.plan(aws.context(mesh), mesh.clusters);
  expect(change?.action).toBe('none');
  expect(change?.details.join()).toContain('drift was not looked at');
  expect(change?.details.join()).toContain('DETECTION_FAILED: cannot read Vpc');
  const { outcome, notes } = await notedBy((context) => provider.ensure(context, east));
  expect(outcome).toBeUndefined();
  expect(notes.join()).toContain('STACK_DRIFT_UNSEEN drift was not looked at');
});

test('nothing of a cluster is missed where every list comes in small pages', async () => {
  await aws.emulator.behave({ pageSize: 2 });
  const whole = await provider.audit(aws.context(mesh));
  await aws.emulator.behave({});
  expect(whole).toEqual(await provider.audit(aws.context(mesh)));
  expect(whole.length).toBeGreaterThan(10);
});

/** A load balancer in the cluster's VPC, as the controller of a cluster makes it. */
async function mirror(cluster: string) {
  const { Outputs = [] } = await new Stacks(aws.emulator, aws.tester).settled(eksName);
  const output = (key: string) => Outputs.find((one) => one.OutputKey === key)?.OutputValue ?? '';
  return aws.emulator.mirrorLoadBalancer(region, {
    cluster,
    service,
    vpc: output('VpcId'),
    subnets: output('PrivateSubnetIds').split(','),
    listeners: [{ port: 15443, targets: [{ address: '10.1.0.10', port: 15443, state: 'healthy' }] }],
  });
}

/** The load balancer that Auto Mode makes for the east-west gateway, all targets healthy; its DNS name. */
async function makeBalancer(): Promise<string> {
  const { dnsName } = await mirror(eksName);
  server.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'istio-eastwestgateway',
      namespace: 'istio-system',
      labels: { istio: 'eastwestgateway', 'topology.istio.io/network': 'net-east' },
    },
    spec: { type: 'LoadBalancer', ports: [{ name: 'tls', port: 15443 }] },
    status: { loadBalancer: { ingress: [{ hostname: dnsName }] } },
  });
  return dnsName;
}

test('a load balancer is not well while it is being provisioned, and its name is unresolved until it is known', async () => {
  await aws.emulator.behave({ loadBalancers: { activeAfter: 'never' }, pageSize: 1 });
  const dnsName = await makeBalancer();
  const kube = createClient(await provider.connection(aws.context(mesh), east));
  const cluster = { spec: east, kube } as never;
  const addresses = () => gatewayAddresses(cluster, AbortSignal.timeout(10_000));
  const look = () => provider.loadBalancers(aws.context(mesh), east);
  const check = () => loadBalancers.run({ topology: mesh, facts: { loadBalancers: look } } as never, cluster);
  expect(await addresses()).toEqual({ addresses: [], described: [], unresolved: [`${dnsName}: ENOTFOUND`] });
  expect(await look()).toMatchObject([{ state: 'provisioning', addresses: [dnsName] }]);
  const early = await check();
  expect(early.status).toBe('fail');
  expect(JSON.stringify(early)).toContain('is provisioning');

  await aws.emulator.behave({});
  await aws.emulator.placeName(dnsName, '10.1.0.99');
  expect(await addresses()).toEqual({
    addresses: [{ address: '10.1.0.99', port: 15443 }],
    described: [],
    unresolved: [],
  });
  expect(await check()).toMatchObject({ status: 'pass' });
});

test('of load balancers AWS is asked for the cluster’s alone, by tag and by the names of its Services', async () => {
  const others = await mirror('somebody-elses');
  await aws.emulator.forgetCalls();
  expect((await provider.loadBalancers(aws.context(mesh), east)).map(({ service: one }) => one)).toEqual([
    'istio-eastwestgateway',
  ]);
  const asked = await aws.calls();
  const whole = asked.filter(
    ({ action, parameters }) =>
      /:DescribeLoadBalancers$/.test(action) &&
      !Object.keys(parameters).some((name) => /^(LoadBalancerArns|Names)\.member/.test(name)),
  );
  expect(whole).toEqual([]);
  const tags = asked.filter(({ action }) => action === 'tag:GetResources');
  expect(tags.map(({ parameters }) => parameters['TagFilters.1.Key']).sort()).toEqual([
    'cluster.k8s.amazonaws.com/name',
    'eks:eks-cluster-name',
    'elbv2.k8s.aws/cluster',
    'kubernetes.io/cluster/isthmus-slow-east',
  ]);
  expect(asked.flatMap(({ parameters }) => Object.values(parameters))).not.toContain(others.arn);
  await aws.emulator.removeLoadBalancer(region, 'somebody-elses', service);
});

test('a load balancer that never goes ends the removal, with its ARN and before the stack is touched', async () => {
  await aws.emulator.behave({ loadBalancers: { goneAfter: 'never' } });
  await aws.emulator.removeLoadBalancer(region, eksName, service);
  const { outcome } = await notedBy((context) => provider.remove(context, 'east'));
  expect(outcome).toMatchObject({ code: 'REMOVE_INCOMPLETE' });
  expect(String(outcome)).toMatch(/still has load balancers: arn:aws:elasticloadbalancing:/);
  expect(await provider.observe(aws.context(mesh), east)).toMatchObject({ state: 'ready' });
});

test('where nobody could look for load balancers, none is said to be left', async () => {
  await aws.emulator.behave({ throttles: [{ action: 'elasticloadbalancing:*' }] });
  const { outcome } = await notedBy((context) => provider.remove(context, 'east'));
  expect(outcome).toMatchObject({ code: 'TIMED_OUT' });
  expect(String(outcome)).toMatch(/the load balancers of isthmus-slow-east to go: .*Rate exceeded/);
  expect(await provider.observe(aws.context(mesh), east)).toMatchObject({ state: 'ready' });
});

test('a load balancer that takes a while to go is waited for, and then nothing is left', async () => {
  await aws.emulator.behave({
    loadBalancers: { goneAfter: 6 },
    pageSize: 1,
    throttles: [{ action: 'tag:GetResources', times: 1 }],
  });
  await aws.emulator.removeLoadBalancer(region, eksName, service);
  const patient = eksProvider({ pollMs: 100, loadBalancerMs: 30_000 });
  const { outcome, progress } = await notedBy((context) => patient.remove(context, 'east'));
  expect(outcome).toBeUndefined();
  expect(progress).toContain('1 load balancers are left');
  expect(await provider.audit(aws.context(mesh))).toEqual([]);
  await waitUntil({ what: 'everything to go', timeoutMs: 5000 }, async () => {
    const left = await remains(aws.emulator, aws.tester, region);
    if (left.length > 0) throw new NotReady(left.join());
  });
});
