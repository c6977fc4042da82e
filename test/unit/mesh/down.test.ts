import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { downMesh } from '../../../src/mesh/index.ts';
import { createMeshRoot, rootAuthorityFolder, storedRoots } from '../../../src/mesh/trust/root-authority.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { ContextsMesh } from './contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

const down = (topology: Topology, clusters: readonly string[] = []) =>
  downMesh({ ...mesh.operation(['alive']), topology, clusters });

const rootKeyIsThere = (topology: Topology) =>
  access(join(rootAuthorityFolder(topology), 'root-key.pem')).then(
    () => true,
    () => false,
  );

test('a cluster that does not answer is named, is not removed and keeps the root authority', async () => {
  const topology = mesh.topology(['dead', 'alive']);
  await createMeshRoot(topology);
  expect(await down(topology)).toMatchObject({
    removed: ['alive'],
    unreachable: [{ cluster: 'dead', code: 'CLUSTER_UNREACHABLE', message: /connection refused/ }],
    leftovers: [],
  });
  expect(await rootKeyIsThere(topology)).toBe(true);
});

test('one that refuses is an error, and keeps the root authority too', async () => {
  const topology = mesh.topology(['alive']);
  await createMeshRoot(topology);
  mesh.server('alive').mode = 'forbidding';
  await expect(down(topology)).rejects.toMatchObject({ code: 'API_REFUSED' });
  expect(await rootKeyIsThere(topology)).toBe(true);
});

test('objects that isthmus made and that outlive their list are left over; those it only found are not', async () => {
  const topology = mesh.topology(['alive']);
  await createMeshRoot(topology);
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus' };
  const made = { 'isthmus.io/created-by': 'isthmus' };
  const service = (name: string, annotations = {}) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'istio-system', name, labels, annotations },
    spec: { type: 'ClusterIP' },
  });
  mesh.server('alive').put(service('istiod', made), service('theirs'));
  const { leftovers } = await down(topology, ['alive']);
  expect(leftovers).toEqual([{ kind: 'Service', id: 'istio-system/istiod', cluster: 'alive' }]);
  expect(await rootKeyIsThere(topology)).toBe(true);
}, 90_000);

test('once every cluster is known to be clean the root authority is put aside', async () => {
  const topology = mesh.topology(['alive']);
  const { keyPem } = await createMeshRoot(topology);
  expect(await down(topology)).toEqual({
    mesh: 'demo',
    removed: ['alive'],
    unreachable: [],
    leftovers: [],
    kept: [],
  });
  expect(await rootKeyIsThere(topology)).toBe(false);
  const kept = await storedRoots(topology);
  expect(kept.map(({ current }) => current)).toEqual([false]);
  expect((await kept[0]?.open())?.keyPem).toBe(keyPem);
});

test('a wrong name is refused before anything is asked of any cluster', async () => {
  await expect(down(mesh.topology(['alive']), ['alive', 'alvie'])).rejects.toMatchObject({
    code: 'FLAGS_INVALID',
    message: 'no cluster named alvie in this mesh',
  });
  expect(mesh.server('alive').seen).toEqual([]);
});

test('where clusters are not local ones nothing is touched before somebody has agreed', async () => {
  const topology = mesh.topology(['alive']);
  const asked: unknown[] = [];
  const confirm = async (clusters: unknown) => {
    asked.push(clusters);
    return false;
  };
  const operation = { ...mesh.operation(['alive']), topology, confirm };
  await expect(downMesh(operation)).rejects.toMatchObject({ code: 'CONFIRMATION_MISSING' });
  expect(asked).toEqual([[{ name: 'alive', provider: 'existing' }]]);
  expect(mesh.server('alive').seen).toEqual([]);
  const removed = await downMesh({ ...operation, confirm: async () => true });
  expect(removed.removed).toEqual(['alive']);
});

test('a mesh of local clusters alone is nobody else’s, and goes unasked', async () => {
  const local = async () =>
    ({
      name: 'local',
      connection: async () => {
        throw new IsthmusError('CLUSTER_UNREACHABLE', 'one does not answer');
      },
      list: async () => ['one'],
      remove: async () => {},
      audit: async () => [],
    }) as unknown as ClusterProvider;
  const confirm = async () => {
    throw new Error('asked');
  };
  const operation = { ...mesh.operation([], ['one']), providers: { local }, confirm };
  expect((await downMesh(operation)).removed).toEqual(['one']);
});

test('the last cluster of a provider is removed by its name although the file names the provider no more', async () => {
  const removed: string[] = [];
  const local = async () =>
    ({
      name: 'local',
      list: async () => (removed.length > 0 ? [] : ['gone']),
      remove: async (_: unknown, name: string) => void removed.push(name),
      audit: async () => [],
    }) as unknown as ClusterProvider;
  const topology = mesh.topology(['alive']);
  const operation = { ...mesh.operation(['alive']), topology, providers: { local } };
  expect(
    await downMesh({ ...operation, clusters: ['gone'], force: true, confirm: async () => true }),
  ).toMatchObject({
    removed: ['gone'],
    leftovers: [],
  });
  expect(removed).toEqual(['gone']);
});

test('a whole mesh goes without clusters of providers that the file does not name', async () => {
  const local = async () => {
    throw new Error('asked');
  };
  const operation = {
    ...mesh.operation(['alive']),
    topology: mesh.topology(['alive']),
    providers: { local },
  };
  expect(await downMesh({ ...operation, confirm: async () => true })).toMatchObject({ removed: ['alive'] });
});
