import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeMeshObjects } from '../../../src/istio/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.empty();
  const { server } = mesh.member('eks-1');
  server.put(
    ...['istio-system', 'shop'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  );
  server.put(
    root('istio-system'),
    root('shop'),
    { ...root('default'), metadata: { namespace: 'default', name: 'istio-ca-root-cert' } },
    { ...root('shop'), metadata: { namespace: 'shop', name: 'theirs', labels: written } },
    leader('istio-system'),
    leader('shop'),
  );
});
afterEach(() => mesh.close());

const written = { 'istio.io/config': 'true' };
const root = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name: 'istio-ca-root-cert', labels: written },
  data: { 'root-cert.pem': 'a root' },
});
const leader = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    namespace,
    name: 'istio-namespace-controller-election',
    annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' },
  },
});
const istiod = (annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'istio-system', name: 'istiod', labels: { app: 'istiod' }, annotations },
  spec: {},
});

async function remove(dryRun = false): Promise<string[]> {
  const { cluster } = mesh.member('eks-1');
  const signal = AbortSignal.timeout(20_000);
  const { removed } = await removeMeshObjects({ cluster, reporter: silentReporter, signal, dryRun });
  return removed.map(({ object }) => `${object.namespace}/${object.name}`).sort();
}

async function maps(): Promise<string[]> {
  const all = await mesh.member('eks-1').cluster.kube.list('v1', 'ConfigMap', {});
  return all.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).sort();
}

const automatic = [
  'istio-system/istio-ca-root-cert',
  'istio-system/istio-namespace-controller-election',
  'shop/istio-ca-root-cert',
];
const others = ['default/istio-ca-root-cert', 'shop/istio-namespace-controller-election', 'shop/theirs'];

test('what istiod wrote goes from every namespace, and nothing that others wrote', async () => {
  expect(await remove()).toEqual(automatic);
  expect(await maps()).toEqual(others);
  expect(await remove()).toEqual([]);
});

test('it is named and stays in a dry run', async () => {
  mesh.member('eks-1').server.put(istiod({ 'isthmus.io/created-by': 'isthmus' }));
  expect(await remove(true)).toEqual(automatic);
  expect(await maps()).toEqual([...automatic, ...others].sort());
});

test('it stays where an istiod of somebody else needs it', async () => {
  mesh.member('eks-1').server.put(istiod());
  expect(await remove()).toEqual([]);
  expect(await maps()).toEqual([...automatic, ...others].sort());
});

test('it goes only when the last istiod has ended, which would write it anew', async () => {
  const { server } = mesh.member('eks-1');
  const pod = { namespace: 'istio-system', name: 'istiod-1', labels: { app: 'istiod' } };
  server.put({ apiVersion: 'v1', kind: 'Pod', metadata: pod, spec: { containers: [] } });
  const removal = remove();
  await expect.poll(() => server.seen.filter(({ url }) => url.includes('/pods')).length).toBeGreaterThan(1);
  expect(server.writes).toEqual([]);
  server.drop({ apiVersion: 'v1', kind: 'Pod', namespace: 'istio-system', name: 'istiod-1' });
  expect(await removal).toEqual(automatic);
});
