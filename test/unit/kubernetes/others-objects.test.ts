import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyAll, type KeptObject, type KubeObject, removeAll } from '../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server.close());

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'virtualservices.networking.istio.io' },
  spec: {
    group: 'networking.istio.io',
    scope: 'Namespaced',
    names: { kind: 'VirtualService', plural: 'virtualservices' },
    versions: [{ name: 'v1', served: true }],
  },
};
const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mesh' } };
const route = (name: string, where = 'mesh'): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: where },
});
const config = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'mesh', labels },
});

const isAutomatic = ({ metadata }: KubeObject) => metadata?.name === 'istio-ca-root-cert';
const common = () => ({
  client: server.client(),
  inventory: { name: 'foundation', namespace: 'kube-system' },
  prune: true,
  reporter: silentReporter,
  signal: new AbortController().signal,
  isAutomatic,
});
const make = () => applyAll({ ...common(), objects: [namespace, definition, route('ours')] });

async function remove(more: { dryRun?: boolean } = {}) {
  const kept: KeptObject[] = [];
  const removed = await removeAll({ ...common(), ...more, waitMs: 2000, onKept: (one) => kept.push(one) });
  return {
    removed: removed.map(({ object }) => object.name).sort(),
    kept: Object.fromEntries(kept.map(({ object, reason }) => [object.name, reason])),
  };
}

const names = (apiVersion: string, kind: string) =>
  server
    .client()
    .list(apiVersion, kind)
    .then((found) => found.map(({ metadata }) => metadata?.name));

test('what only isthmus and the cluster itself put there goes with its namespace and its definition', async () => {
  await make();
  server.put(config('kube-root-ca.crt'), config('istio-ca-root-cert'));
  expect(await remove()).toEqual({
    removed: ['mesh', 'ours', 'virtualservices.networking.istio.io'],
    kept: {},
  });
});

test('a definition with an object of somebody else stays, with the object, and so does a namespace', async () => {
  await make();
  server.put(route('theirs', 'sample'), config('settings'));
  const expected = {
    removed: ['ours'],
    kept: {
      mesh: 'it has what isthmus did not make: ConfigMap mesh/settings',
      'virtualservices.networking.istio.io': 'it has what isthmus did not make: VirtualService sample/theirs',
    },
  };
  expect(await remove({ dryRun: true })).toEqual(expected);
  expect(await names('networking.istio.io/v1', 'VirtualService')).toEqual(['ours', 'theirs']);
  expect(await remove()).toEqual(expected);
  expect(await names('networking.istio.io/v1', 'VirtualService')).toEqual(['theirs']);
  expect(await names('v1', 'ConfigMap')).toContain('settings');
});

test('neither is pruned when a later set lacks it', async () => {
  await make();
  server.put(route('theirs', 'sample'), config('settings'));
  await applyAll({ ...common(), objects: [] });
  expect(await names('networking.istio.io/v1', 'VirtualService')).toEqual(['theirs']);
  expect(await names('v1', 'Namespace')).toContain('mesh');
});

test('what cannot be looked at counts as somebody’s', async () => {
  await make();
  server.mode = 'half-dead';
  server.sick = (plural) => (plural === 'services' ? 500 : undefined);
  const { kept } = await remove();
  expect(kept['mesh']).toMatch(/Service objects, which cannot be looked at: /);
});

test('a group that goes while it is asked for has nothing in it', async () => {
  await make();
  const { store } = server;
  server.hold = () => {
    const asked = server.seen.at(-1)?.url ?? '';
    const at = store.kinds.findIndex(({ kind }) => kind === 'VirtualService');
    if (asked === '/apis/networking.istio.io/v1' && at >= 0) store.kinds.splice(at, 1);
    return undefined;
  };
  expect((await remove()).kept).toEqual({});
});

test('the label alone makes nothing isthmus’s, save Secrets and lists', async () => {
  await make();
  server.put(config('taken-over', { 'app.kubernetes.io/managed-by': 'isthmus' }));
  expect((await remove()).kept['mesh']).toContain('ConfigMap mesh/taken-over');
});

test('an apply that would take a field from another manager says which and from whom, and changes nothing', async () => {
  const replicas = (count: number): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace: 'istio-system' },
    spec: { replicas: count },
  });
  server.put(replicas(2));
  const client = server.client();
  expect(await client.conflicts(replicas(2))).toEqual([]);
  expect(await client.conflicts(replicas(1))).toEqual([{ manager: 'somebody', field: '.spec.replicas' }]);
  const plan = await applyAll({ ...common(), objects: [replicas(1)], dryRun: true });
  expect(plan[0]?.diff).toEqual(['spec.replicas: 2 → 1', 'spec.replicas: taken over from somebody']);
  expect(server.writes).toEqual([]);
});
