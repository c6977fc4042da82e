import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { foreignObjects } from '../../../src/istio/index.ts';
import { applyAll, type KubeObject } from '../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { clusterSpec, localCapabilities, topologyOf } from './fixtures.ts';

const istiod: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
};
const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gateways.networking.istio.io' },
};
const signal = new AbortController().signal;

let folder: string;
let server: FakeApiServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-foreign-'));
  const documents = [definition, istiod].map((object) => `---\n${stringify(object)}`).join('');
  await writeFile(join(folder, 'manifest.yaml'), documents);
  await writeFile(join(folder, 'istioctl'), `#!/bin/sh\ncat > /dev/null\ncat ${folder}/manifest.yaml\n`);
  await chmod(join(folder, 'istioctl'), 0o755);
  server = await FakeApiServer.start();
  for (const name of ['istio-system', 'istio-ingress', 'sample'])
    server.drop({ apiVersion: 'v1', kind: 'Namespace', name });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function found() {
  const spec = clusterSpec('eks-1', 0);
  const eastWest = { ...spec.gateways.eastWest, sourceRanges: ['peers' as const] };
  return foreignObjects({
    topology: topologyOf(['eks-1', 'eks-2']),
    spec: { ...spec, gateways: { ...spec.gateways, eastWest } },
    capabilities: localCapabilities,
    kube: server.client(),
    istioctl: join(folder, 'istioctl'),
    cache: folder,
    signal,
  });
}

const namespace = (name: string, labels = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

test('a cluster without Istio has nothing foreign, also where its namespaces were prepared', async () => {
  expect(await found()).toEqual([]);
  server.put(namespace('istio-system'), namespace('istio-ingress', { team: 'edge' }));
  expect(await found()).toEqual([]);
});

test('access to a peer that somebody else gave its istiod is not taken over unasked, isthmus’s own is known', async () => {
  const secret = (name: string, labels = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'istio-system', labels: { 'istio/multiCluster': 'true', ...labels } },
  });
  server.put(secret('istio-remote-secret-eks-9'));
  server.put(secret('istio-remote-secret-eks-2', { 'app.kubernetes.io/managed-by': 'isthmus' }));
  expect(await found()).toEqual([]);
  server.put(secret('istio-remote-secret-eks-2'));
  expect(await found()).toMatchObject([{ what: 'Secret istio-system/istio-remote-secret-eks-2' }]);
});

test('an Istio of others is told by what it is, who wrote it and whose it is, whatever its revision', async () => {
  server.put(namespace('istio-system'), definition);
  server.put({
    ...istiod,
    metadata: {
      ...istiod.metadata,
      annotations: { 'meta.helm.sh/release-name': 'mesh', 'meta.helm.sh/release-namespace': 'istio-system' },
    },
  });
  server.put({
    ...istiod,
    metadata: {
      name: 'istiod-1-30',
      namespace: 'default',
      labels: { app: 'istiod', 'istio.io/rev': '1-30' },
    },
  });
  server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'sh.helm.release.v1.mesh.v2',
      namespace: 'istio-system',
      labels: { owner: 'helm', status: 'deployed', name: 'mesh' },
    },
  });
  const managers = ['somebody'];
  expect(await found()).toEqual([
    { what: 'Deployment default/istiod-1-30, revision 1-30', managers, owner: undefined },
    { what: 'Deployment istio-system/istiod', managers, owner: 'Helm release istio-system/mesh' },
    { what: 'CustomResourceDefinition gateways.networking.istio.io', managers, owner: undefined },
    {
      what: 'Secret istio-system/sh.helm.release.v1.mesh.v2',
      managers,
      owner: 'Helm release istio-system/mesh',
    },
  ]);
});

test('a namespace is in the way where its label is another’s, or would put proxies into pods of others', async () => {
  server.put(namespace('sample'));
  server.put(namespace('istio-system', { 'topology.istio.io/network': 'elsewhere' }));
  expect((await found()).map(({ what }) => what)).toEqual(['Namespace istio-system', 'Namespace sample']);
});

test('what isthmus made, or lists as taken over with consent, is not foreign', async () => {
  server.put(namespace('istio-system'), istiod);
  await applyAll({
    client: server.client(),
    objects: [istiod, definition],
    inventory: { name: 'control-plane', namespace: 'istio-system' },
    prune: true,
    reporter: silentReporter,
    signal,
  });
  expect(await found()).toEqual([]);
});
