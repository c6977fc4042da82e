import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/checks/engine/check.ts';
import { catalogue, runChecks } from '../../../src/checks/index.ts';
import type { CheckResult } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';
import { faults } from './faults/index.ts';

const each = catalogue.map((check) => [check.id, check] as const);

/** As the product retries, in a fraction of its time. */
const retry = { rolloutMs: 200, delayMs: 10, listMs: 100 };

/** One check alone, so that no needed one protects it. */
async function alone(
  mesh: FakeMesh,
  check: Check,
  { token, withoutFile }: { token?: string; withoutFile?: boolean } = {},
): Promise<CheckResult[]> {
  mesh.forgetRequests();
  const context = { ...(await mesh.context(token)), withoutFile };
  return runChecks({ checks: [check], context, retry });
}

const told = (results: readonly CheckResult[]) =>
  results.map(({ subject, outcome }) => `${subject ?? 'mesh'}: ${JSON.stringify(outcome)}`).join('\n');

const statuses = (results: readonly CheckResult[]) => [
  ...new Set(results.map(({ outcome }) => outcome.status)),
];

describe('on a mesh that is whole', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
  });
  afterAll(() => mesh.close());

  it.each(each)('%s passes, saying what was seen', async (_id, check) => {
    const results = await alone(mesh, check);
    expect(statuses(results), told(results)).toEqual(['pass']);
    for (const { outcome } of results)
      expect(outcome).toMatchObject({ detail: expect.stringMatching(/[1-9a-f]/) });
  });

  it.each(each)('%s writes nothing', async (_id, check) => {
    await alone(mesh, check);
    expect(mesh.members.flatMap(({ server }) => server.writes)).toEqual([]);
  });
});

describe('on clusters without anything', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.empty();
  });
  afterAll(() => mesh.close());

  it.each(each)('%s does not pass', async (_id, check) => {
    const results = await alone(mesh, check);
    expect(results.length).toBeGreaterThan(0);
    for (const status of statuses(results)) expect(['fail', 'skip'], told(results)).toContain(status);
    for (const { outcome } of results)
      if (outcome.status === 'skip') expect(outcome.reason).toMatch(/\b(no|not|none|neither|nothing)\b/);
  });

  it('most of all not those whose subject must be there', async () => {
    const must = [
      'clusters',
      'istiod',
      'istiod-config',
      'gateways',
      'lb',
      'secrets',
      'remotes',
      'shards',
      'trust',
      'config-parity',
      'sync',
      'traffic',
    ];
    const results = await runChecks({
      checks: catalogue.filter(({ id }) => must.includes(id)),
      context: await mesh.context(),
      retry,
    });
    const soft = results.filter(({ outcome }) => !['fail', 'blocked'].includes(outcome.status));
    expect(soft.map(({ id }) => id)).toEqual([]);
  });
});

describe('on clusters that forbid everything', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
    for (const { server } of mesh.members) server.mode = 'forbidding';
  });
  afterAll(() => mesh.close());

  it.each(each)('%s fails with what was forbidden', async (id, check) => {
    const results = await alone(mesh, check);
    // Load balancers are the provider's to tell, and it does not ask this API server.
    if (id === 'lb') return;
    expect(statuses(results), told(results)).toEqual(['fail']);
    expect(told(results)).toMatch(/forbidden/);
  });
});

describe('on clusters that accept and never answer', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
    for (const { server } of mesh.members) server.mode = 'silent';
    mesh.loadBalancers = () => new Promise(() => {});
  });
  afterAll(() => mesh.close());

  it.concurrent.each(each)('%s fails within its time', async (_id, check) => {
    const limit = 300;
    const started = Date.now();
    const results = await alone(mesh, { ...check, timeoutMs: limit });
    expect(statuses(results), told(results)).toEqual(['fail']);
    expect(told(results)).toMatch(/no answer within|does not answer|timed out/);
    // Twice for a second look after a first that could not look, and room for a machine under load.
    expect(Date.now() - started).toBeLessThan(20 * limit);
  });
});

/** Passes about clusters that did not answer all that this token asked of them. */
function blindPasses(mesh: FakeMesh, results: readonly CheckResult[], token: string): CheckResult[] {
  const met = mesh.members.filter(({ server }) =>
    server.refused.some(({ headers }) => headers.authorization === `Bearer ${token}`),
  );
  const passed = results.filter(({ outcome }) => outcome.status === 'pass');
  // A check of one cluster may pass for the other one.
  return passed.filter(({ subject }) =>
    met.some(({ cluster }) => !subject || subject.includes(cluster.spec.name)),
  );
}

describe('on a mesh of which one cluster accepts and never answers', () => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
    for (const { server } of mesh.members.slice(1)) server.mode = 'silent';
  });
  afterAll(() => mesh.close());

  it.each(each)('%s does not pass what it could not see', async (id, check) => {
    const results = await alone(mesh, { ...check, timeoutMs: 1_000 }, { token: id });
    expect(told(blindPasses(mesh, results, id))).toBe('');
  });
});

const asksPods =
  (...names: readonly string[]) =>
  (plural: string, { pathname }: URL) =>
    plural === 'pods/exec' && names.some((name) => pathname.includes(`/pods/${name}`)) ? 500 : undefined;

/** Parts of what a check reads that are not to be had. */
const unreadable: Readonly<Record<string, FakeMesh['members'][number]['server']['sick']>> = {
  'later pages of lists': (_plural, { searchParams }) => (searchParams.has('continue') ? 500 : undefined),
  'commands in clients': asksPods('sleep'),
  'commands in pods that answer': asksPods('helloworld', 'cart', 'vault'),
  'commands in gateways': asksPods('istio-eastwestgateway', 'istio-ingressgateway'),
  'commands in istiods': asksPods('istiod'),
};

describe.each(Object.entries(unreadable))('without %s', (what, sick) => {
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
    for (const { server } of mesh.members) Object.assign(server, { mode: 'half-dead', pageSize: 1, sick });
  });
  afterAll(() => mesh.close());

  it.each(each)('%s does not pass what it could not see', async (id, check) => {
    const token = `${id}-${what.replaceAll(' ', '-')}`;
    const results = await alone(mesh, check, { token });
    expect(told(blindPasses(mesh, results, token))).toBe('');
  });
});

it.each(each)('%s reads lists to their end', async (_id, check) => {
  const mesh = await FakeMesh.healthy();
  for (const { server } of mesh.members) server.pageSize = 1;
  const results = await alone(mesh, check);
  await mesh.close();
  expect(statuses(results), told(results)).toEqual(['pass']);
});

describe('on clusters that are half dead', () => {
  const core = ['nodes', 'pods', 'services', 'configmaps', 'secrets', 'namespaces'];
  let mesh: FakeMesh;
  beforeAll(async () => {
    mesh = await FakeMesh.healthy();
    for (const { server } of mesh.members) server.mode = 'half-dead';
  });
  afterAll(() => mesh.close());

  it.each(
    each.flatMap(([id, check]) => [
      [
        id,
        'objects of the core',
        { check, sick: (plural: string) => (core.includes(plural) ? 500 : undefined) },
      ] as const,
      [
        id,
        'all other objects and commands',
        { check, sick: (plural: string) => (core.includes(plural) ? undefined : 500) },
      ] as const,
      [id, 'one cluster', { check, sick: undefined }] as const,
    ]),
  )('%s without %s does not pass what it could not see', async (id, what, { sick, check }) => {
    for (const [at, { server }] of mesh.members.entries())
      server.sick = sick ?? (() => (at === 1 ? 500 : undefined));
    // A run that failed early leaves requests under way, which must not count for the next.
    const token = `${id}-${what.replaceAll(' ', '-')}`;
    const results = await alone(mesh, check, { token });
    expect(told(blindPasses(mesh, results, token))).toBe('');
  });
});

describe('on a mesh with one fault', () => {
  let mesh: FakeMesh;
  afterEach(() => mesh.close());

  it.each(faults.map((fault) => [fault.id, fault.what, fault] as const))(
    '%s: %s',
    async (_id, _what, fault) => {
      mesh = await FakeMesh.healthy();
      fault.inject(mesh);
      const check = catalogue.find(({ id }) => id === fault.id) as Check;
      const results = await alone(mesh, check);
      const status = fault.status ?? 'fail';
      const problems = results.flatMap(({ outcome }) => (outcome.status === status ? outcome.problems : []));
      const named = problems.filter(
        ({ cluster, object = '' }) => cluster === fault.cluster && fault.object.test(object),
      );
      expect(named.length, told(results)).toBeGreaterThan(0);
      for (const { fix, context } of named) {
        expect(context).toBe(`arn:fake/${fault.cluster}`);
        expect(fix).toMatch(/\S/);
        expect(fix).not.toMatch(/--context eks-|\{(context|cluster|peer)/);
      }
      const byHand = await alone(mesh, check, { withoutFile: true });
      const problemsByHand = byHand.flatMap(({ outcome }) => ('problems' in outcome ? outcome.problems : []));
      expect(JSON.stringify(problemsByHand)).not.toMatch(
        /isthmus (up|check|plan|render|rotate|renew)|spec\.[a-z]|the file/,
      );
    },
  );

  it('names no NetworkPolicy that nobody enforces: the proxy that is not ready reaches its istiod', async () => {
    mesh = await FakeMesh.healthy();
    const [closed] = faults.filter(
      ({ what }) => what === 'a NetworkPolicy keeps a proxy that starts from istiod',
    );
    closed?.inject(mesh);
    mesh.member('eks-2').override = () => undefined;
    const check = catalogue.find(({ id }) => id === 'istiod') as Check;
    expect(statuses(await alone(mesh, check))).toEqual(['pass']);
  });

  it('leaves no check without a fault', () =>
    expect(catalogue.map(({ id }) => id).filter((id) => !faults.some((fault) => fault.id === id))).toEqual(
      [],
    ));
});
