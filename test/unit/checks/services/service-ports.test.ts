import { afterEach, beforeEach, expect, it } from 'vitest';
import { catalogue, runChecks } from '../../../../src/checks/index.ts';
import type { KubeObject } from '../../../../src/kubernetes/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const cart = (port: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'cart' },
  spec: { selector: { app: 'cart' }, ports: [{ name: port, port: 80 }] },
});

const injected = (): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } },
});

async function outcome() {
  const checks = catalogue.filter(({ id }) => id === 'service-ports');
  const [result] = await runChecks({ checks, context: await mesh.context() });
  return result?.outcome;
}

it('fails where a user’s Service has another port name in one cluster, with both lists', async () => {
  for (const { server, cluster } of mesh.members)
    server.put(injected(), cart(cluster.spec.name === 'eks-2' ? 'http-web' : 'http'));
  expect(await outcome()).toMatchObject({
    status: 'fail',
    problems: [
      {
        cluster: 'eks-2',
        object: 'Service shop/cart',
        message: 'has the ports http-web:80, in eks-1 it has http:80',
        cause: expect.stringContaining('requests from eks-1 get no pod of eks-2'),
        fix: expect.stringContaining('give it the ports http:80 in eks-2'),
      },
    ],
  });
});

it.each([
  ['not at a Service that is kept in its cluster', [], 'pass'],
  ['at one that is excepted from what is kept', ['cart.shop.svc.cluster.local'], 'fail'],
])('looks %s', async (_what, excepted, status) => {
  const serviceSettings = [
    { settings: { clusterLocal: true }, hosts: ['*.shop.svc.cluster.local'] },
    { settings: { clusterLocal: false }, hosts: excepted },
  ];
  for (const { server, cluster } of mesh.members)
    server.put(injected(), cart(cluster.spec.name === 'eks-2' ? 'http-web' : 'http'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'istio-system', name: 'istio' },
      data: { mesh: JSON.stringify({ serviceSettings }) },
    });
  expect((await outcome())?.status).toBe(status);
});
