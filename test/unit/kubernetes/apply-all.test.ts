import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyAll, type KubeObject, removeAll } from '../../../src/kubernetes/index.ts';
import { recordingReporter, silentReporter } from '../../../src/report/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { Refused } from '../../fakes/object-store.ts';

let server: FakeApiServer;
/** Identities of what was there from the start. */
let given: ReadonlySet<unknown>;
beforeEach(async () => {
  server = await FakeApiServer.start();
  given = new Set(all().map(({ metadata }) => metadata?.uid));
});
afterEach(() => server.close());

const all = () => server.store.kinds.flatMap((kind) => server.store.list(kind, undefined));
/** Names of all objects that were not there from the start. */
const names = () =>
  all()
    .flatMap(({ metadata }) => (given.has(metadata?.uid) ? [] : (metadata?.name ?? '')))
    .sort();

const of = (apiVersion: string, kind: string, name: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(kind === 'Namespace' ? {} : { namespace: 'n' }) },
});
const namespace = of('v1', 'Namespace', 'n');
const configOf = (name: string, a: string) => ({ ...of('v1', 'ConfigMap', name), data: { a } });
const config = (name: string) => configOf(name, '1');
const gateway = of('networking.istio.io/v1', 'Gateway', 'gw');
const deployment = of('apps/v1', 'Deployment', 'd');
const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gateways.networking.istio.io' },
  spec: {
    group: 'networking.istio.io',
    scope: 'Namespaced',
    names: { kind: 'Gateway', plural: 'gateways' },
    versions: [{ name: 'v1', served: true }],
  },
};

const common = (name = 'mesh') => ({
  client: server.client(),
  inventory: { name, namespace: 'n' },
  prune: true,
  reporter: silentReporter,
  signal: new AbortController().signal,
});
const actions = (changes: readonly { action: string; object: { name: string } }[]) =>
  changes.filter(({ action }) => action !== 'none').map(({ action, object }) => `${action} ${object.name}`);

test('the list is written before the first object, and objects in the order of their kinds', async () => {
  const labelled = { ...namespace, metadata: { name: 'n', labels: { more: 'than-needed' } } };
  await applyAll({ ...common(), objects: [gateway, deployment, config('c'), definition, labelled] });
  const [made, list, one, other, ...rest] = server.writes;
  expect([made, list]).toEqual(['create Namespace/n', 'apply ConfigMap/isthmus-inventory-mesh']);
  // Kinds of one rank are applied at once, in whatever order they arrive.
  expect([one, other].sort()).toEqual([
    'apply CustomResourceDefinition/gateways.networking.istio.io',
    'apply Namespace/n',
  ]);
  expect(rest).toEqual(['apply ConfigMap/c', 'apply Deployment/d', 'apply Gateway/gw']);
});

test('a repeated apply changes nothing, and plan says what a changed one would do', async () => {
  await applyAll({ ...common(), objects: [namespace, config('c'), config('old')] });
  const again = await applyAll({ ...common(), objects: [namespace, config('c'), config('old')] });
  expect(actions(again)).toEqual([]);
  const changed = configOf('c', '2');
  server.writes.length = 0;
  const next = { ...common(), objects: [namespace, changed, config('new')] };
  const planned = await applyAll({ ...next, dryRun: true });
  expect(server.writes).toEqual([]);
  expect(actions(planned)).toEqual(['update c', 'create new', 'remove old']);
  expect(planned.find(({ action }) => action === 'update')?.diff).toEqual(['data.a: 1 → 2']);
  expect(actions(await applyAll(next))).toEqual(actions(planned));
  expect(actions(await applyAll(next))).toEqual([]);
});

test('being killed at any write loses track of nothing that was made', async () => {
  for (let fatal = 0, killed = true; killed; fatal++) {
    for (const object of ['a', 'b', 'c', 'isthmus-inventory-mesh'])
      await server.client().remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name: object });
    await server.client().remove({ apiVersion: 'v1', kind: 'Namespace', name: 'n' });
    expect(names()).toEqual([]);
    const kill = new AbortController();
    let asked = 0;
    server.refuse = () => {
      if (asked++ < fatal) return;
      kill.abort();
      throw new Refused(500, 'InternalError', 'killed');
    };
    const objects = [namespace, ...['a', 'b', 'c'].map(config)];
    const first = applyAll({ ...common(), objects, signal: kill.signal });
    killed = await first.then(
      () => false,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'INTERRUPTED' });
        return true;
      },
    );
    expect(killed || fatal > 5, 'every write was the last one once').toBe(true);
    server.refuse = () => {};
    await applyAll({ ...common(), objects: [namespace, config('a')] });
    expect(names(), `killed at write ${fatal}`).toEqual(['a', 'isthmus-inventory-mesh', 'n']);
  }
});

test('what was there before isthmus is brought into shape but never removed', async () => {
  server.put(namespace, configOf('theirs', '0'));
  const changes = await applyAll({
    ...common(),
    objects: [namespace, config('theirs'), config('ours')],
  });
  expect(actions(changes)).toEqual(['update theirs', 'create ours']);
  const reporter = recordingReporter();
  expect(actions(await removeAll({ ...common(), reporter }))).toEqual(['remove ours']);
  expect(names()).toEqual(['n', 'theirs']);
  const notes = reporter.events.flatMap((event) => (event.type === 'note' ? event.message : []));
  expect(notes).toContain('ConfigMap n/theirs is left alone: it was there before isthmus');
});

test('what another inventory holds stays until that one lets go as well', async () => {
  await applyAll({ ...common('one'), objects: [namespace, config('a')] });
  await applyAll({ ...common('two'), objects: [namespace, config('b')] });
  expect(actions(await removeAll(common('one')))).toEqual(['remove a']);
  expect(actions(await removeAll(common('two')))).toEqual(['remove b', 'remove n']);
  expect(names()).toEqual([]);
  expect(await removeAll(common('two'))).toEqual([]);
});

test('several refused objects are one error that names each', async () => {
  server.refuse = (write) => {
    if (/\/bad/.test(write)) throw new Refused(403, 'Forbidden', `refused ${write}`);
  };
  const objects = [namespace, config('bad1'), config('good'), config('bad2')];
  await expect(applyAll({ ...common(), objects })).rejects.toMatchObject({
    code: 'API_REFUSED',
    message: '2 objects of fake failed',
    problems: [
      { message: expect.stringContaining('refused apply ConfigMap/bad1') },
      { message: expect.stringContaining('refused apply ConfigMap/bad2') },
    ],
  });
  expect(server.writes).toContain('apply ConfigMap/good');
});

test('fields that istiod has taken over in a webhook are given up', async () => {
  const webhook = (failurePolicy: string, caBundle: string) => ({
    ...of('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'w'),
    webhooks: [{ name: 'x', failurePolicy, clientConfig: { caBundle, service: { name: 'istiod' } } }],
  });
  const ours = { ...common(), objects: [namespace, webhook('Ignore', '')] };
  const place = server.placeOf(webhook('Ignore', ''));
  const owned = () =>
    server.store.get(place).metadata?.managedFields?.find(({ manager }) => manager === 'isthmus')?.fieldsV1;
  await applyAll(ours);
  expect(server.store.get(place)['webhooks']).toEqual([
    { name: 'x', failurePolicy: 'Ignore', clientConfig: { service: { name: 'istiod' } } },
  ]);
  const theirs = webhook('Fail', 'abc')['webhooks'];
  server.store.merge(place, { webhooks: theirs }, { manager: 'pilot-discovery', dryRun: false });
  expect(actions(await applyAll({ ...ours, dryRun: true }))).toEqual([]);
  await applyAll(ours);
  expect(server.store.get(place)['webhooks']).toEqual(theirs);
  expect(JSON.stringify(owned())).toContain('f:service');
  expect(JSON.stringify(owned())).not.toMatch(/f:failurePolicy|f:caBundle/);
});
