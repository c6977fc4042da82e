import { expect, test } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { applyAll, type KubeObject, removeAll } from '../../../src/kubernetes/index.ts';
import { recordingReporter, silentReporter } from '../../../src/report/index.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';

const of = (apiVersion: string, kind: string, name: string, more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(kind === 'Namespace' ? {} : { namespace: 'n' }) },
  ...more,
});
const namespace = of('v1', 'Namespace', 'n');
const config = (name: string) => of('v1', 'ConfigMap', name, { data: { a: '1' } });
const gateway = of('networking.istio.io/v1', 'Gateway', 'gw');
const deployment = of('apps/v1', 'Deployment', 'd');
const definition = of('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gateways.networking.istio.io');

const common = (cluster: FakeCluster, name = 'mesh') => ({
  client: cluster.client,
  inventory: { name, namespace: 'n' },
  prune: true,
  reporter: silentReporter,
  signal: new AbortController().signal,
});
const actions = (changes: readonly { action: string; object: { name: string } }[]) =>
  changes.filter(({ action }) => action !== 'none').map(({ action, object }) => `${action} ${object.name}`);

test('the list is written before the first object, and objects in the order of their kinds', async () => {
  const cluster = fakeCluster();
  await applyAll({ ...common(cluster), objects: [gateway, deployment, config('c'), definition, namespace] });
  expect(cluster.writes).toEqual([
    'create Namespace/n',
    'apply ConfigMap/isthmus-inventory-mesh',
    'apply CustomResourceDefinition/gateways.networking.istio.io',
    'apply Namespace/n',
    'apply ConfigMap/c',
    'apply Deployment/d',
    'apply Gateway/gw',
  ]);
});

test('a repeated apply changes nothing, and plan says what a changed one would do', async () => {
  const cluster = fakeCluster();
  await applyAll({ ...common(cluster), objects: [namespace, config('c'), config('old')] });
  const again = await applyAll({ ...common(cluster), objects: [namespace, config('c'), config('old')] });
  expect(actions(again)).toEqual([]);
  const changed = of('v1', 'ConfigMap', 'c', { data: { a: '2' } });
  cluster.writes.length = 0;
  const next = { ...common(cluster), objects: [namespace, changed, config('new')] };
  const planned = await applyAll({ ...next, dryRun: true });
  expect(cluster.writes).toEqual([]);
  expect(actions(planned)).toEqual(['update c', 'create new', 'remove old']);
  expect(planned.find(({ action }) => action === 'update')?.diff).toEqual(['data.a: 1 → 2']);
  expect(actions(await applyAll(next))).toEqual(actions(planned));
  expect(actions(await applyAll(next))).toEqual([]);
});

test('being killed at any write loses track of nothing that was made', async () => {
  const names = ['a', 'b', 'c'];
  for (let fatal = 0; fatal < 8; fatal++) {
    let writes = 0;
    const cluster = fakeCluster(() => {
      if (writes++ >= fatal) throw new IsthmusError('INTERRUPTED', 'killed');
    });
    const first = applyAll({ ...common(cluster), objects: [namespace, ...names.map(config)] });
    await first.catch((error: unknown) => expect(error).toMatchObject({ code: 'INTERRUPTED' }));
    writes = Number.NEGATIVE_INFINITY;
    await applyAll({ ...common(cluster), objects: [namespace, config('a')] });
    const left = [...cluster.objects.values()].map(({ metadata }) => metadata?.name);
    expect(left.sort(), `killed at write ${fatal}`).toEqual(['a', 'isthmus-inventory-mesh', 'n']);
  }
});

test('what was there before isthmus is brought into shape but never removed', async () => {
  const cluster = fakeCluster();
  await cluster.client.create(namespace);
  await cluster.client.create(of('v1', 'ConfigMap', 'theirs', { data: { a: '0' } }));
  const changes = await applyAll({
    ...common(cluster),
    objects: [namespace, config('theirs'), config('ours')],
  });
  expect(actions(changes)).toEqual(['update theirs', 'create ours']);
  const reporter = recordingReporter();
  expect(actions(await removeAll({ ...common(cluster), reporter }))).toEqual(['remove ours']);
  expect([...cluster.objects.values()].map(({ metadata }) => metadata?.name)).toEqual(['n', 'theirs']);
  const notes = reporter.events.flatMap((event) => (event.type === 'note' ? event.message : []));
  expect(notes).toContain('ConfigMap n/theirs is left alone: it was there before isthmus');
});

test('what another inventory holds stays until that one lets go as well', async () => {
  const cluster = fakeCluster();
  await applyAll({ ...common(cluster, 'one'), objects: [namespace, config('a')] });
  await applyAll({ ...common(cluster, 'two'), objects: [namespace, config('b')] });
  expect(actions(await removeAll(common(cluster, 'one')))).toEqual(['remove a']);
  expect(actions(await removeAll(common(cluster, 'two')))).toEqual(['remove b', 'remove n']);
  expect(cluster.objects.size).toBe(0);
  expect(await removeAll(common(cluster, 'two'))).toEqual([]);
});

test('several refused objects are one error that names each', async () => {
  const cluster = fakeCluster((write) => {
    if (/\/bad/.test(write)) throw new IsthmusError('API_REFUSED', `refused ${write}`);
  });
  const objects = [namespace, config('bad1'), config('good'), config('bad2')];
  await expect(applyAll({ ...common(cluster), objects })).rejects.toMatchObject({
    code: 'API_REFUSED',
    message: '2 objects of fake failed',
    problems: [{ message: 'refused apply ConfigMap/bad1' }, { message: 'refused apply ConfigMap/bad2' }],
  });
  expect(cluster.writes).toContain('apply ConfigMap/good');
});

test('fields that istiod has taken over in a webhook are given up', async () => {
  const cluster = fakeCluster();
  const webhook = (failurePolicy: string, caBundle: string) =>
    of('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'w', {
      webhooks: [{ name: 'x', failurePolicy, clientConfig: { caBundle, service: { name: 'istiod' } } }],
    });
  const ours = { ...common(cluster), objects: [namespace, webhook('Ignore', '')] };
  await applyAll(ours);
  const made = [...cluster.objects.values()].find(({ metadata }) => metadata?.name === 'w');
  expect(made?.['webhooks']).toEqual([
    { name: 'x', failurePolicy: 'Ignore', clientConfig: { service: { name: 'istiod' } } },
  ]);
  if (made) Object.assign(made, { webhooks: webhook('Fail', 'abc')['webhooks'] });
  expect(actions(await applyAll({ ...ours, dryRun: true }))).toEqual([]);
  await applyAll(ours);
  const applied = [...cluster.objects.values()].find(({ metadata }) => metadata?.name === 'w');
  expect(applied?.['webhooks']).toEqual([{ name: 'x', clientConfig: { service: { name: 'istiod' } } }]);
});
