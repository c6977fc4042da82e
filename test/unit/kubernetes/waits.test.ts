import { afterEach, expect, test } from 'vitest';
import {
  createClient,
  readyPods,
  waitForDeployments,
  waitForLoadBalancerAddress,
  waitForNodes,
} from '../../../src/kubernetes/index.ts';
import { type FakeApiServer, fakeApiServer } from './fake-api-server.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

/** Answers by the last step of the path; lists are arrays. */
async function client(objects: () => Record<string, unknown>) {
  fake = await fakeApiServer(({ url }) => {
    if (!url.includes('/namespaces/') && !url.includes('/nodes')) return undefined;
    const found = objects()[url.split('?')[0]?.split('/').at(-1) ?? ''];
    return found === undefined ? undefined : { body: Array.isArray(found) ? { items: found } : found };
  });
  return createClient(fake.connection);
}

const pod = (name: string, ready: boolean, containerStatuses: object[] = [], deletionTimestamp?: string) => ({
  metadata: { name, deletionTimestamp },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], containerStatuses },
});
const deployment = (status: object) => ({
  metadata: { generation: 2 },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
  status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, ...status },
});

test('a deployment that does not come up is explained by its pods', async () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  const ended = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const kube = await client(() => ({
    web: deployment({ availableReplicas: 1 }),
    pods: [
      pod('web-1', true),
      pod('web-2', false, [
        { name: 'app', ready: false, restartCount: 3, state: { waiting }, lastState: ended },
      ]),
    ],
    events: [
      { reason: 'Old', message: 'x', lastTimestamp: '2026-01-01T00:00:00Z' },
      { reason: 'Failed', message: 'pull failed', lastTimestamp: '2026-01-02T00:00:00Z' },
    ],
  }));
  const name = { namespace: 'ns', name: 'web' };
  await expect(waitForDeployments(kube, [name], { timeoutMs: 250 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message:
      'timed out after 0.3 s waiting for Deployment ns/web of fake: 1 of 2 pods are ready; ' +
      'pod web-2: app: ImagePullBackOff: no such image, last ended with 137 (OOMKilled); ' +
      'last event: Failed: pull failed',
  });
  expect(fake.seen.find(({ url }) => url.includes('/pods'))?.url).toContain('labelSelector=app%3Dweb');
});

test('a deployment is ready only when its change is seen and old pods are gone', async () => {
  const stages = [
    { observedGeneration: 1, availableReplicas: 2 },
    { updatedReplicas: 1, availableReplicas: 2 },
    { replicas: 3, availableReplicas: 2 },
    { availableReplicas: 2 },
  ];
  let looks = 0;
  const kube = await client(() => ({ web: deployment(stages[Math.min(looks++, 3)] ?? {}) }));
  await waitForDeployments(kube, [{ namespace: 'ns', name: 'web' }], { timeoutMs: 5_000 });
  expect(fake.seen.filter(({ url }) => url.includes('/deployments/web'))).toHaveLength(4);
});

test('a load balancer without an address is explained by the service’s last warning', async () => {
  let ingress: object[] = [];
  const kube = await client(() => ({
    gw: { status: { loadBalancer: { ingress } } },
    events: [{ reason: 'SyncLoadBalancerFailed', message: 'no subnets', lastTimestamp: 'x' }],
  }));
  const gw = { namespace: 'ns', name: 'gw' };
  await expect(waitForLoadBalancerAddress(kube, gw, { timeoutMs: 150 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: expect.stringMatching(/none yet; last event: SyncLoadBalancerFailed: no subnets$/),
  });
  ingress = [{ hostname: 'a.elb.amazonaws.com' }, { ip: '1.2.3.4' }];
  expect(await waitForLoadBalancerAddress(kube, gw, { timeoutMs: 150 })).toEqual([
    'a.elb.amazonaws.com',
    '1.2.3.4',
  ]);
});

test('no nodes are not Ready nodes', async () => {
  let nodes: object[] = [];
  const kube = await client(() => ({ nodes }));
  await expect(waitForNodes(kube, { timeoutMs: 150 })).rejects.toMatchObject({
    message: expect.stringContaining('no node has registered'),
  });
  const message = 'container runtime network not ready';
  nodes = [
    { metadata: { name: 'n1' }, status: { conditions: [{ type: 'Ready', status: 'False', message }] } },
  ];
  await expect(waitForNodes(kube, { timeoutMs: 150 })).rejects.toMatchObject({
    message: expect.stringContaining(`n1: ${message}`),
  });
});

test('a pod that is ending takes no traffic', async () => {
  const kube = await client(() => ({
    pods: [pod('a', true), pod('b', false), pod('c', true, [], '2026-01-01T00:00:00Z')],
  }));
  expect((await readyPods(kube, 'ns', 'app=web')).map(({ metadata }) => metadata?.name)).toEqual(['a']);
});
