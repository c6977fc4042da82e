import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { rootPermissions, rootStatements } from '../../../src/custody/index.ts';
import { requiredPermissions, synthesise } from '../../../src/eks/index.ts';
import { planNotes } from '../../../src/eks/plan/plan-notes.ts';
import { policyLimit, policyParts } from '../../../src/eks/plan/policy-parts.ts';
import { resourceActions, resourceTypes } from '../../../src/eks/plan/resource-actions.ts';
import { documented, eksSpec, meshOf, variants } from './specs.ts';

const allowed = (topology = documented) =>
  new Set(requiredPermissions(topology).Statement.flatMap(({ Action }) => Action));

test('the committed policy is current; `vitest -u` renews it', async () => {
  const text = `${JSON.stringify(requiredPermissions(documented), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../docs/eks-permissions.json');
});

test.each(Object.entries(variants))('every type in the %s stack has its actions', async (_, spec) => {
  const { Resources } = await synthesise(meshOf(spec), spec);
  const types = new Set(Object.values(Resources).map(({ Type }) => Type));
  expect([...types].filter((type) => !(resourceTypes(spec) as string[]).includes(type))).toEqual([]);
  for (const type of types) expect(resourceActions).toHaveProperty([type]);
});

test('an add-on’s configuration is asked of no cluster', () => {
  const allowing = requiredPermissions(documented).Statement.filter(({ Action }) =>
    Action.includes('eks:DescribeAddonConfiguration'),
  );
  expect(allowing.map(({ Resource }) => Resource)).toEqual([['*']]);
});

/** Services of the SDK's clients as IAM names them. */
const services: Readonly<Record<string, string>> = {
  cloudformation: 'cloudformation',
  'cloudwatch-logs': 'logs',
  ec2: 'ec2',
  eks: 'eks',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'resource-groups-tagging-api': 'tag',
  sts: 'sts',
  kms: 'kms',
  'acm-pca': 'acm-pca',
};

/** Every call that a room's source names. */
async function callsOf(room: string): Promise<string[]> {
  const folder = new URL(`../../../src/${room}/`, import.meta.url);
  const called = new Set<string>();
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    for (const call of callsIn(await readFile(new URL(name, folder), 'utf8'))) called.add(call);
  }
  return [...called];
}

test('every call in the source is allowed', async () => {
  const called = await callsOf('eks');
  expect(called.length).toBeGreaterThan(20);
  expect(called.filter((action) => !allowed().has(action))).toEqual([]);
});

test('a root in AWS is allowed every call that signing makes, and no other', async () => {
  const where = { region: 'eu-west-1', profile: undefined, certificate: undefined };
  const kinds = [
    { ...where, kind: 'kms', arn: 'arn:aws:kms:eu-west-1:111122223333:key/k' },
    { ...where, kind: 'privateCa', arn: 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/c' },
  ] as const;
  const trusts = kinds.map((root) => ({ ...documented.trust, root }));
  const actions = trusts.flatMap((trust) => rootStatements(trust).flatMap(({ Action }) => Action));
  expect(actions.sort()).toEqual((await callsOf('custody')).sort());
  expect(trusts.map((trust) => rootPermissions(trust)?.Statement)).toEqual(trusts.map(rootStatements));
  expect(rootPermissions(documented.trust)).toBeUndefined();
});

/** `service:Action` for every command and paginator that a source file names. */
function callsIn(source: string): string[] {
  const serviceOf = new Map<string, string>();
  for (const [, names = '', client = ''] of source.matchAll(
    /\{([^{}]+)\} = await import\('@aws-sdk\/client-([\w-]+)'\)/g,
  ))
    for (const name of names.split(',')) serviceOf.set(name.trim(), services[client] ?? 'unknown');
  const clients = Object.keys(services).filter((name) => source.includes(`@aws-sdk/client-${name}'`));
  const only = clients.length === 1 ? services[clients[0] ?? ''] : 'unknown';
  const calls = source.matchAll(
    /\bnew (?:\w+\.)?(?<name>(\w+)Command)\(|(?:\w+\.)?(?<pages>paginate(\w+))\(/g,
  );
  return [...calls].map(({ groups, 2: command, 4: paginated }) => {
    const imported = groups?.['name'] ?? groups?.['pages'] ?? '';
    return `${serviceOf.get(imported) ?? only}:${command ?? paginated}`;
  });
}

test('reaches only what bears the mesh’s name, in the file’s regions and accounts', () => {
  const topology = meshOf(eksSpec({ account: '111122223333' }));
  const bySid = new Map(requiredPermissions(topology).Statement.map((one) => [one.Sid, one]));
  expect(bySid.get('Stacks')?.Resource).toEqual([
    'arn:aws:cloudformation:eu-west-1:111122223333:stack/isthmus-demo-*/*',
  ]);
  expect(bySid.get('PassRoles')?.Resource).toEqual(['arn:aws:iam::111122223333:role/isthmus-demo-*']);
  const open = [...bySid.values()].filter(({ Resource, Condition }) => Resource.includes('*') && !Condition);
  expect(
    open.flatMap(({ Action }) => Action).filter((action) => !/:(Describe|Get|List)/.test(action)),
  ).toEqual([]);
});

test('a policy that IAM would not take is several that it takes, with every statement once', () => {
  const policy = requiredPermissions(documented);
  const size = (one: object) => JSON.stringify(one).replaceAll(/\s/g, '').length;
  expect(size(policy)).toBeGreaterThan(policyLimit);
  const parts = policyParts(policy);
  expect(parts.length).toBe(2);
  for (const part of parts) expect(size(part)).toBeLessThanOrEqual(6144);
  expect(parts.flatMap(({ Statement }) => Statement)).toEqual(policy.Statement);
  expect(policyParts({ ...policy, Statement: policy.Statement.slice(0, 2) })).toHaveLength(1);
  const [first, second] =
    planNotes(documented).join('\n').split('one would be larger than IAM takes:\n')[1]?.split('\n}\n') ?? [];
  expect([
    JSON.parse(`${first}\n}`),
    JSON.parse(second?.slice(0, second.lastIndexOf('}') + 1) ?? ''),
  ]).toEqual(parts);
});

test('an existing VPC needs no right to make networks', () => {
  const topology = meshOf(eksSpec({ vpcId: 'vpc-0123456789abcdef0' }));
  expect([...allowed(topology)].filter((action) => /^ec2:(Create|Delete|Allocate)/.test(action))).toEqual([]);
});

test.each([
  ['eu-central-1', 'aws'],
  ['mx-central-1', 'aws'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
])('what is in %s is of partition %s', (region, partition) => {
  const topology = meshOf(eksSpec({ region, account: '111122223333', zones: [`${region}a`, `${region}b`] }));
  const resources = requiredPermissions(topology).Statement.flatMap(({ Resource }) => Resource ?? []);
  const named = resources.filter((one) => one.startsWith('arn:'));
  expect(named.length).toBeGreaterThan(5);
  expect(new Set(named.map((one) => one.split(':')[1]))).toEqual(new Set([partition]));
});
