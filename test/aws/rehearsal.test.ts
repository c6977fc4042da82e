import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createClient } from '../../src/kubernetes/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import type { ProviderContext } from '../../src/provider/index.ts';
import { type CheckResult, silentReporter } from '../../src/report/index.ts';
import { type EksClusterSpec, parseTopology } from '../../src/topology/index.ts';
import { type EmulatedUser, Emulator } from './emulator/emulator.ts';
import { CommandLine, type Ran } from './support/command-line.ts';
import { eksToken } from './support/eks-token.ts';
import { bridgeOf, eksNameOf, Ground } from './support/ground.ts';
import { type Identities, makeIdentities } from './support/identities.ts';
import { examples, leaksIn } from './support/leaks.ts';
import { Mirror, type Site } from './support/mirror.ts';
import { plantOrphans } from './support/orphans.ts';
import { remains } from './support/remains.ts';
import { meshText, region, Stacks } from './support/stacks.ts';

const regions = { east: region, west: 'eu-west-1' };
const usual = { west: ['profile: operations'] };
const mesh = parseTopology(meshText('rehearsal', ['east', 'west'], usual), 'mesh.yaml');
const signal = AbortSignal.timeout(1_800_000);
const context: ProviderContext = { topology: mesh, reporter: silentReporter, signal };
let folder: string;
let emulator: Emulator;
let tester: EmulatedUser;
let identities: Identities;
let ground: Ground;
let mirror: Mirror;
let isthmus: CommandLine;
let file: string;
let protectedFile: string;
let planted: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-rehearsal-'));
  emulator = await Emulator.start(await bridgeOf(mesh.name, signal));
  tester = await emulator.createUser('tester');
  identities = await makeIdentities(emulator, folder);
  ground = new Ground(emulator, folder);
  await ground.start(context);
  mirror = new Mirror({ emulator, ground: ground.provider, context, siteOf });
  file = await writeMesh('mesh.yaml', usual);
  isthmus = await CommandLine.build({
    ...identities.env,
    XDG_DATA_HOME: join(folder, 'data'),
    KUBECONFIG: join(folder, 'kubeconfig'),
  });
});

afterAll(async () => {
  await mirror?.stop();
  const left = ground ? await ground.stop(context) : [];
  await isthmus?.stop();
  await emulator?.stop();
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

async function writeMesh(name: string, more: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, meshText(mesh.name, ['east', 'west'], more));
  return path;
}

async function siteOf(spec: EksClusterSpec): Promise<Site | undefined> {
  const stack = await stacksOf(spec.region)
    .settled(eksNameOf(mesh.name, spec.name))
    .catch(() => undefined);
  const output = (key: string) => stack?.Outputs?.find((one) => one.OutputKey === key)?.OutputValue;
  const vpc = output('VpcId');
  return vpc ? { vpc, subnets: (output('PrivateSubnetIds') ?? '').split(',') } : undefined;
}

const stacksOf = (where: string) => new Stacks(emulator, tester, where);

/** A command that must end well, and its JSON. */
async function json<T>(...args: readonly string[]): Promise<T> {
  const ran = await isthmus.run('-f', file, ...args, '-o', 'json');
  expect(ran.exitCode, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as T;
}

const said = ({ stdout, stderr }: Ran) => `${stdout}\n${stderr}`;

interface Results {
  readonly results: readonly CheckResult[];
}

test('a failing resource ends up with the provider’s exit code, its name, AWS’s reason and what to do', async () => {
  const reason = 'The maximum number of addresses has been reached.';
  await emulator.inject({ logicalId: 'NatAddress1', stack: 'west', reason, times: 1 });
  const ran = await isthmus.run('-f', file, '--events', 'json', 'up', '-o', 'json');
  expect(ran.exitCode).toBe(4);
  const error = JSON.parse(ran.stdout) as { code: string; message: string; hint: string };
  expect(error.code).toBe('STACK_FAILED');
  expect(error.message).toContain(`NatAddress1 (AWS::EC2::EIP) CREATE_FAILED: ${reason}`);
  expect(error.hint).toMatch(/release Elastic IPs, ask for a higher quota/);
});

test('up killed in the middle of a stack leaves CloudFormation at work', async () => {
  await emulator.inject({ logicalId: 'Nat1', stack: 'west', seconds: 300, times: 1 });
  const stacks = stacksOf(regions.west);
  const up = isthmus.start('-f', file, '-v', 'up');
  await waitUntil({ what: 'the stack to be half made', timeoutMs: 120_000 }, async () => {
    const status = await stacks.status('isthmus-rehearsal-west');
    const events = await stacks.events('isthmus-rehearsal-west').catch(() => []);
    if (status !== 'CREATE_IN_PROGRESS' || !events.some((event) => event.startsWith('Nat1 ')))
      throw new NotReady(status);
  });
  up.kill('SIGKILL');
  expect((await up).signal).toBe('SIGKILL');
  expect(await stacks.status('isthmus-rehearsal-west')).toBe('CREATE_IN_PROGRESS');
});

test('the next up takes it over and makes a mesh that carries traffic between the clusters', async () => {
  const up = isthmus.start('-f', file, '-v', '--events', 'plain', 'up', '--wait', '120', '-o', 'json');
  up.stderr.on('data', (text) => {
    if (/west is CREATE_IN_PROGRESS; waiting for it/.test(String(text))) void emulator.clearFaults();
  });
  const ran = await up;
  expect(ran.exitCode, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/stack isthmus-rehearsal-west is CREATE_IN_PROGRESS; waiting for it/);
  const { clusters, results } = JSON.parse(ran.stdout) as { clusters: string[] } & Results;
  expect(clusters).toContain('west');
  const passed = results.filter(({ outcome }) => outcome.status === 'pass').map(({ id }) => id);
  for (const id of ['clusters', 'lb', 'sync', 'trust', 'traffic']) expect(passed).toContain(id);
});

test('check lb sees every target through elbv2, with its pod and node', async () => {
  const { results } = await json<Results>('check', 'lb', '--wait', '60');
  expect(results.map(({ subject, outcome }) => [subject, outcome.status])).toEqual([
    ['east', 'pass'],
    ['west', 'pass'],
  ]);
  const targets = results.flatMap(({ outcome }) => ('evidence' in outcome ? (outcome.evidence ?? []) : []));
  expect(targets.length).toBeGreaterThan(4);
  for (const target of targets)
    expect(target).toMatch(/\.elb\S*\.amazonaws\.com port \d+ → .*state healthy, pod \S+, node \S+/);
});

test('plan finds nothing to do, and neither does a second up', async () => {
  const plan = await json<{ changes: number; clusters: { changes: unknown[] }[] }>('plan');
  expect(plan.clusters.flatMap(({ changes }) => changes)).toEqual([]);
  expect(plan.changes).toBe(0);
  await emulator.forgetCalls();
  expect(await json('up', '--no-check')).toMatchObject({ clusters: [], changes: [] });
  const calls = (await emulator.calls()).map(({ action }) => action);
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.filter((action) => !/:(Describe|List|Get|Detect|AssumeRole)/.test(action))).toEqual([]);
});

test('doctor finds nothing', async () => {
  const { results } = await json<Results>('doctor');
  expect(results.length).toBeGreaterThan(10);
});

test('contexts let kubectl in with a token of isthmus or of the aws CLI, and nobody without an entry', async () => {
  const kubectl = join(await toolchain(), 'kubectl');
  for (const form of ['isthmus', 'aws'] as const) {
    const path = join(folder, `${form}.kubeconfig`);
    expect(await json('contexts', '--exec', form, '--kubeconfig', path)).toMatchObject({
      added: ['east', 'west'],
    });
    const { users } = parse(await readFile(path, 'utf8')) as Kubeconfig;
    const [east, west] = users.map(({ user }) => user.exec);
    expect(isAbsolute(east?.command ?? '')).toBe(form === 'isthmus');
    expect(west?.args.slice(-2)).toEqual(['--profile', 'operations']);
    if (form === 'aws' && !(await hasAwsCli())) continue;
    expect(await whoIs(kubectl, path, 'east')).toBe(identities.environmentRole);
    expect(await whoIs(kubectl, path, 'west')).toBe(identities.profileRole);
  }
  const stranger = await eksToken({ user: tester, region, cluster: 'isthmus-rehearsal-east' });
  const args = ['--kubeconfig', join(folder, 'isthmus.kubeconfig'), '--context', 'east'];
  const refused = await execa(kubectl, [...args, '--token', stranger, 'get', 'ns'], { reject: false });
  expect(refused.stderr).toMatch(/Unauthorized|must be logged in/);
});

interface Kubeconfig {
  readonly users: readonly { readonly user: { readonly exec: { command: string; args: string[] } } }[];
}

const toolchain = async () => (await execa('./isthmus', ['toolchain', 'path'])).stdout.trim();
const hasAwsCli = async () => !(await execa('aws', ['--version'], { reject: false })).failed;

async function whoIs(kubectl: string, path: string, context: string): Promise<string> {
  const args = ['--kubeconfig', path, '--context', context, 'auth', 'whoami', '-o', 'json'];
  const ran = await execa(kubectl, args, { env: identities.env, reject: false });
  isthmus.note(`kubectl ${context}`, ran.stderr);
  expect(ran.exitCode, ran.stderr).toBe(0);
  const review = JSON.parse(ran.stdout) as { status: { userInfo: { username: string } } };
  return review.status.userInfo.username;
}

test('the bundle has something of every cluster', async () => {
  const path = join(folder, 'bundle.tar.gz');
  expect(await json('bundle', '-d', path)).toMatchObject({ missing: [] });
  const bundle = gunzipSync(await readFile(path)).toString('latin1');
  for (const { name } of mesh.clusters) expect(bundle).toContain(`${name}/`);
  isthmus.note('the bundle', bundle);
  planted = await secretsOfClusters();
});

/** Signing keys and remote clusters' tokens, as the clusters hold them. */
async function secretsOfClusters(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const spec of mesh.clusters) {
    const kube = createClient(await ground.provider.connection(context, spec));
    for (const secret of await kube.list('v1', 'Secret', { namespace: 'istio-system' }))
      for (const [key, value] of Object.entries((secret['data'] as Record<string, string>) ?? {})) {
        const text = Buffer.from(value, 'base64').toString();
        const name = `${key} of ${secret.metadata?.name} in ${spec.name}`;
        const token = /token: "?([\w.-]+)/.exec(text)?.[1];
        if (key === 'ca-key.pem') found[name] = text.split('\n')[1] ?? '';
        else if (token) found[name] = token;
      }
  }
  return found;
}

test('drift is a change of the plan that up leaves as it is, saying so and how to undo it', async () => {
  const logs = new CloudWatchLogsClient({ endpoint: emulator.url, region, credentials: tester });
  const logGroupName = '/aws/eks/isthmus-rehearsal-east/cluster';
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
  const plan = await isthmus.run('-f', file, 'plan');
  expect(plan.stdout).toMatch(/! CloudFormation stack isthmus-rehearsal-east in eu-central-1/);
  expect(plan.stdout).toMatch(/drift: ControlPlaneLogs \(AWS::Logs::LogGroup\) RetentionInDays: \d+ → 1/);
  expect(plan.stdout).toMatch(/mesh rehearsal: 1 drift that `isthmus up` does not undo$/);
  expect(await json('plan')).toMatchObject({ changes: 1 });
  const up = await isthmus.run('-f', file, '--events', 'plain', 'up', '--no-check');
  expect(up.exitCode, said(up)).toBe(0);
  expect(up.stdout).toMatch(/nothing changed/);
  expect(up.stderr).toMatch(/stack isthmus-rehearsal-east was changed by something else and up did not undo/);
  expect(up.stderr).toMatch(/create-change-set .*--deployment-mode REVERT_DRIFT/);
});

test('an update that fails is explained and rolled back, and the next up makes it', async () => {
  const changed = { all: ['logRetentionDays: 400', 'terminationProtection: true'], ...usual };
  protectedFile = await writeMesh('protected.yaml', changed);
  const reason = 'Rate exceeded';
  const fault = { logicalId: 'ControlPlaneLogs', stack: 'west', action: 'UPDATE', reason, times: 1 } as const;
  await emulator.inject(fault);
  const failed = await isthmus.run('-f', protectedFile, 'up', '--no-check');
  expect(failed.exitCode).toBe(4);
  expect(failed.stderr).toMatch(/west is UPDATE_ROLLBACK_COMPLETE: ControlPlaneLogs .*Rate exceeded/);
  expect(failed.stderr).toMatch(/fix {2}run the command again/);
  const again = await isthmus.run('-f', protectedFile, 'up', '--no-check');
  expect(again.exitCode, said(again)).toBe(0);
  expect(JSON.parse((await isthmus.run('-f', protectedFile, 'plan', '-o', 'json')).stdout)).toMatchObject({
    changes: 0,
  });
});

test('down of a protected mesh explains itself and removes nothing, until the file says otherwise', async () => {
  await emulator.forgetCalls();
  const refused = await isthmus.run('-f', protectedFile, 'down', '--yes');
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toMatch(/termination protection; nothing was removed/);
  expect(refused.stderr).toMatch(/set `terminationProtection: false`, run `isthmus up`, then `isthmus down`/);
  const calls = (await emulator.calls()).map(({ action }) => action);
  expect(calls.filter((action) => /Delete|Remove/.test(action))).toEqual([]);
  const plan = await isthmus.run('-f', protectedFile, 'plan', '-o', 'json');
  expect(JSON.parse(plan.stdout)).toMatchObject({ changes: 0 });
  const up = await isthmus.run('-f', file, 'up', '--no-check');
  expect(up.exitCode, said(up)).toBe(0);
});

test('down leaves nothing in the emulator', async () => {
  const { removed, leftovers } = await json<{ removed: string[]; leftovers: unknown[] }>('down', '--yes');
  expect(removed.toSorted()).toEqual(['east', 'west']);
  expect(leftovers).toEqual([]);
  for (const where of Object.values(regions)) expect(await remains(emulator, tester, where)).toEqual([]);
});

test('what outlived its cluster is reported by id, in the table and in JSON', async () => {
  const orphans = await plantOrphans(emulator, tester, 'isthmus-rehearsal-east');
  const table = await isthmus.run('-f', file, 'down', '--yes');
  expect(table.exitCode).toBe(1);
  for (const id of orphans) expect(table.stdout).toContain(id);
  expect(table.stdout).toMatch(/3 things left/);
  expect(table.stdout.match(/^ {2}aws \S+ delete-.* --region eu-central-1$/gm)).toHaveLength(3);
  const asJson = await isthmus.run('-f', file, 'down', '--yes', '-o', 'json');
  expect(asJson.exitCode).toBe(1);
  const { leftovers } = JSON.parse(asJson.stdout) as { leftovers: { id: string }[] };
  expect(leftovers.map(({ id }) => id).toSorted()).toEqual(orphans.toSorted());
});

test('nothing that any command wrote gives a credential or a token away', async () => {
  const nobody = await isthmus.run('-f', join(folder, 'absent.yaml'), 'plan');
  expect(nobody.exitCode).toBe(2);
  const secrets = { ...identities.secrets, ...planted };
  expect(Object.keys(planted).filter((name) => name.startsWith('ca-key.pem'))).toHaveLength(2);
  expect(Object.keys(planted).filter((name) => name.includes('istio-remote-secret'))).toHaveLength(2);
  for (const command of ['up', 'check', 'plan', 'doctor', 'contexts', 'bundle', 'down'])
    expect(isthmus.runs.some((run) => run.command.includes(command) && run.wrote.length > 20)).toBe(true);
  for (const { command, wrote } of isthmus.runs)
    expect({ command, leaks: leaksIn(wrote, secrets) }).toEqual({ command, leaks: [] });
  const all = isthmus.runs.map(({ wrote }) => wrote).join('\n');
  for (const [name, secret] of Object.entries({ ...secrets, ...examples }))
    expect(leaksIn(`${all}\n${secret}`, secrets)).toContain(name);
});
