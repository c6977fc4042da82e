import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IsthmusError } from '../../../../src/errors/index.ts';
import { planMesh, statusOfMesh } from '../../../../src/mesh/index.ts';
import type { ClusterProvider } from '../../../../src/provider/index.ts';
import { parseTopology } from '../../../../src/topology/index.ts';
import { plainLoadBalancers, quickly } from '../../../fakes/gateways.ts';
import { ContextsMesh } from '../contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

/** What EKS needs is installed by npm where isthmus is a package, and may not be to be had. */
const withoutPackages = {
  local: async () => {
    throw new IsthmusError('DOWNLOAD_FAILED', 'npm cannot install the packages for AWS: ENOTFOUND');
  },
};

test('status has a row for each cluster also where its provider cannot be loaded', async () => {
  const operation = { ...mesh.operation(['alive'], ['one', 'two']), providers: withoutPackages };
  const { clusters } = await statusOfMesh(operation);
  expect(clusters.map(({ cluster, state, unseen }) => [cluster, state, unseen?.code])).toEqual([
    ['alive', 'ready', undefined],
    ['one', 'unknown', 'DOWNLOAD_FAILED'],
    ['two', 'unknown', 'DOWNLOAD_FAILED'],
  ]);
  expect(clusters[1]?.detail).toContain('npm cannot install');
});

test('plan says of each of its clusters that they could not be looked at, and plans the others', async () => {
  const operation = { ...mesh.operation(['alive'], ['one', 'two']), providers: withoutPackages };
  const { clusters } = await planMesh(operation);
  expect(clusters.map(({ cluster, state, unseen }) => [cluster, state, unseen?.code])).toEqual([
    ['alive', 'present', undefined],
    ['one', 'unknown', 'DOWNLOAD_FAILED'],
    ['two', 'unknown', 'DOWNLOAD_FAILED'],
  ]);
  expect(clusters.slice(1).flatMap(({ changes }) => changes)).toEqual([]);
});

test('clusters that nobody may list keep the plan of services from nothing', async () => {
  const refusing = async () => {
    throw new IsthmusError('AWS_CREDENTIALS_MISSING', 'no credentials');
  };
  const capabilities = () => ({
    proxy: 'istio',
    size: 'small',
    timeouts: quickly,
    loadBalancers: plainLoadBalancers,
  });
  const local = async () =>
    ({ name: 'local', capabilities, plan: refusing, list: refusing }) as unknown as ClusterProvider;
  const services = '  services: [{host: catalog.shop, failover: [alive, lost]}]\n';
  const operation = mesh.operation(['alive'], ['lost']);
  const topology = parseTopology(mesh.text(['alive'], ['lost']) + services, join(mesh.folder, 'mesh.yaml'));
  const { clusters } = await planMesh({ ...operation, topology, providers: { local } });
  expect(clusters[0]?.state).toBe('present');
  expect(clusters[1]).toMatchObject({
    state: 'unknown',
    unseen: { code: 'AWS_CREDENTIALS_MISSING' },
    changes: [],
  });
});
