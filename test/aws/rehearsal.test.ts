import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eksProvider } from '../../src/eks/index.ts';
import { createClient, type KubeObject } from '../../src/kubernetes/index.ts';
import { bundleMesh, checkMesh, downMesh, type Operation, planMesh, upMesh } from '../../src/mesh/index.ts';
import type { ClusterProvider } from '../../src/provider/index.ts';
import type { CheckResult } from '../../src/report/index.ts';
import type { EksClusterSpec } from '../../src/topology/index.ts';
import { eksToken } from './support/eks-token.ts';
import { bridgeOf, eksNameOf, Ground } from './support/ground.ts';
import { Mirror, type Site } from './support/mirror.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';
import { remains } from './support/remains.ts';
import { meshOf, region, Stacks } from './support/stacks.ts';

const mesh = meshOf('rehearsal', ['east', 'west']);
const signal = AbortSignal.timeout(600_000);
let folder: string;
let aws: RehearsedAws;
let ground: Ground;
let mirror: Mirror;
let operation: Operation;
/** The text of the archive that `bundle` wrote. */
let bundle = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-rehearsal-'));
  process.env['XDG_DATA_HOME'] = join(folder, 'data');
  aws = await RehearsedAws.start(await bridgeOf(mesh.name, signal));
  ground = new Ground(aws.emulator, folder);
  const context = aws.context(mesh);
  await ground.start(context);
  mirror = new Mirror({ emulator: aws.emulator, ground: ground.provider, context, siteOf });
  operation = { ...context, signal, providers: { eks: async () => rehearsedEks() } };
});

afterAll(async () => {
  await mirror?.stop();
  const left = ground ? await ground.stop(aws.context(mesh)) : [];
  await aws?.stop();
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

/** The provider as it is, save that the local cluster's plain Envoy and one node set the mesh's size. */
function rehearsedEks(): ClusterProvider {
  const eks = eksProvider({ pollMs: 200 });
  const real = eks.traits.bind(eks);
  eks.traits = (spec) => ({
    ...ground.provider.traits(spec),
    loadBalancer: { ...real(spec).loadBalancer, class: 'isthmus.io/local' },
  });
  return eks;
}

async function siteOf(spec: EksClusterSpec): Promise<Site | undefined> {
  const stack = await new Stacks(aws.emulator, aws.tester, spec.region)
    .settled(eksNameOf(mesh.name, spec.name))
    .catch(() => undefined);
  const output = (key: string) => stack?.Outputs?.find((one) => one.OutputKey === key)?.OutputValue;
  const vpc = output('VpcId');
  return vpc ? { vpc, subnets: (output('PrivateSubnetIds') ?? '').split(',') } : undefined;
}

const bad = (results: readonly CheckResult[]) =>
  results.filter(({ outcome }) => outcome.status === 'fail' || outcome.status === 'blocked');

test('up makes two EKS clusters and a mesh that carries traffic between them', async () => {
  const result = await upMesh({ ...operation, wait: 120_000 });
  expect(result.clusters.toSorted()).toEqual(['east', 'west']);
  expect(bad(result.results)).toEqual([]);
  const passed = result.results.filter(({ outcome }) => outcome.status === 'pass').map(({ id }) => id);
  for (const id of ['clusters', 'lb', 'sync', 'trust', 'traffic']) expect(passed).toContain(id);
});

test('the API servers know the deployer by its token, and nobody else', async () => {
  for (const spec of mesh.clusters as readonly EksClusterSpec[]) {
    const connection = await rehearsedEks().connection(aws.context(mesh), spec);
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
    const self = (await createClient(connection).create(review)) as KubeObject & { status?: unknown };
    expect(self.status).toMatchObject({ userInfo: { username: aws.deployer.arn } });
    const token = await eksToken({
      user: aws.tester,
      region: spec.region,
      cluster: eksNameOf(mesh.name, spec.name),
    });
    const stranger = new KubeConfig();
    const cluster = connection.config.getCurrentCluster() as Cluster;
    stranger.loadFromClusterAndUser(cluster, { name: 'stranger', token });
    const refused = createClient({ ...connection, config: stranger }).list('v1', 'Namespace');
    await expect(refused).rejects.toThrow(/401|[Uu]nauthorized/);
  }
});

test('check lb sees every target through elbv2', async () => {
  const results = await checkMesh({ ...operation, names: ['lb'], wait: 60_000 });
  expect(bad(results)).toEqual([]);
  expect(results.some(({ outcome }) => outcome.status === 'pass')).toBe(true);
  const balancers = await rehearsedEks().loadBalancers(aws.context(mesh), mesh.clusters[0] as EksClusterSpec);
  const targets = balancers.flatMap(({ listeners }) => listeners.flatMap((listener) => listener.targets));
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter(({ pod, node }) => !pod || !node)).toEqual([]);
  expect(balancers.flatMap(({ addresses }) => addresses).join()).toMatch(/elb\..*amazonaws\.com/);
});

test('plan finds nothing to do, and neither does a second up', async () => {
  const plan = await planMesh(operation);
  expect(plan.clusters.flatMap(({ changes }) => changes)).toEqual([]);
  const again = await upMesh({ ...operation, skipChecks: true });
  expect(again).toMatchObject({ clusters: [], changes: [] });
});

test('the bundle has something of every cluster', async () => {
  const path = join(folder, 'bundle.tar.gz');
  const { files } = await bundleMesh({ ...operation, path });
  expect(files).toBeGreaterThan(4);
  bundle = gunzipSync(await readFile(path)).toString('latin1');
  for (const { name } of mesh.clusters) expect(bundle).toContain(name);
});

test('down leaves nothing in the emulator', async () => {
  const { removed, leftovers } = await downMesh(operation);
  expect([...removed].toSorted()).toEqual(['east', 'west']);
  expect(leftovers).toEqual([]);
  for (const where of [region, 'eu-west-1'])
    expect(await remains(aws.emulator, aws.tester, where)).toEqual([]);
});

test('neither what was said nor the bundle holds a credential or a token', () => {
  expect(bundle.length).toBeGreaterThan(10_000);
  expect(bundle).not.toContain(aws.deployer.secretAccessKey);
  expect(bundle).not.toMatch(/k8s-aws-v1\.[\w-]{20}|X-Amz-Signature|BEGIN [A-Z ]*PRIVATE KEY/);
  expect(aws.said).not.toContain(aws.deployer.secretAccessKey);
  expect(aws.said).not.toMatch(/k8s-aws-v1\.[\w-]{20}|X-Amz-Signature/);
});
