import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type KubeObject,
  readyPods,
  waitForDeployments,
  waitForLoadBalancerAddress,
  waitForNodes,
} from '../../../src/kubernetes/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer;
beforeEach(async () => {
  fake = await FakeApiServer.start();
});
afterEach(() => fake.close());

const of = (kind: string, name: string, { metadata = {}, ...more }: KubeObject): KubeObject => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { namespace: 'sample', name, ...metadata },
  ...more,
});
const pod = (name: string, ready: boolean, { containerStatuses = [] as object[], app = 'web' } = {}) =>
  of('Pod', name, {
    metadata: { labels: { app } },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], containerStatuses },
  });
const deployment = (status: object) =>
  of('Deployment', 'web', {
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, ...status },
  });
/** A warning about an object. */
const warning = (about: string, reason: string, told: { message: string; lastTimestamp: string }) =>
  of('Event', `${about}.${reason.toLowerCase()}`, {
    involvedObject: { namespace: 'sample', name: about },
    type: 'Warning',
    reason,
    ...told,
  });

test('a deployment that does not come up is explained by its pods', async () => {
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  const ended = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const app = { name: 'app', ready: false, restartCount: 3, state: { waiting }, lastState: ended };
  fake.put(
    deployment({ availableReplicas: 1 }),
    pod('web-1', true),
    pod('web-2', false, { containerStatuses: [app] }),
    pod('other-1', false, { app: 'other' }),
    warning('web-2', 'Old', { message: 'x', lastTimestamp: '2026-01-01T00:00:00Z' }),
    warning('web-2', 'Failed', { message: 'pull failed', lastTimestamp: '2026-01-02T00:00:00Z' }),
    warning('other-1', 'Killed', { message: 'another pod', lastTimestamp: '2026-01-03T00:00:00Z' }),
    {
      ...warning('web-2', 'Started', { message: 'no warning', lastTimestamp: '2026-01-03T00:00:00Z' }),
      type: 'Normal',
    },
  );
  const name = { namespace: 'sample', name: 'web' };
  await expect(waitForDeployments(fake.client(), [name], { timeoutMs: 250 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message:
      'timed out after 0.3 s waiting for Deployment sample/web of fake: 1 of 2 pods are ready; ' +
      'pod web-2: app: ImagePullBackOff: no such image, last ended with 137 (OOMKilled); ' +
      'last event: Failed: pull failed',
  });
});

test('a deployment is ready only when its change is seen and old pods are gone', async () => {
  const stages = [
    { observedGeneration: 0, availableReplicas: 2 },
    { updatedReplicas: 1, availableReplicas: 2 },
    { replicas: 3, availableReplicas: 2 },
    { availableReplicas: 2 },
  ];
  const looks = () => fake.seen.filter(({ url }) => url.includes('/deployments/web')).length;
  fake.hold = async () => fake.put(deployment(stages[Math.min(Math.max(looks() - 1, 0), 3)] ?? {}));
  await waitForDeployments(fake.client(), [{ namespace: 'sample', name: 'web' }], { timeoutMs: 5_000 });
  expect(looks()).toBe(4);
});

test('a load balancer without an address is explained by the service’s last warning', async () => {
  const service = (ingress: object[]) => of('Service', 'gw', { status: { loadBalancer: { ingress } } });
  fake.put(
    service([]),
    warning('gw', 'SyncLoadBalancerFailed', { message: 'no subnets', lastTimestamp: '2026-01-01T00:00:00Z' }),
  );
  const gw = { namespace: 'sample', name: 'gw' };
  const kube = fake.client();
  await expect(waitForLoadBalancerAddress(kube, gw, { timeoutMs: 150 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: expect.stringMatching(/none yet; last event: SyncLoadBalancerFailed: no subnets$/),
  });
  fake.put(service([{ hostname: 'a.elb.amazonaws.com' }, { ip: '1.2.3.4' }]));
  expect(await waitForLoadBalancerAddress(kube, gw, { timeoutMs: 150 })).toEqual([
    'a.elb.amazonaws.com',
    '1.2.3.4',
  ]);
});

test('no nodes are not Ready nodes', async () => {
  const kube = fake.client();
  await expect(waitForNodes(kube, { timeoutMs: 150 })).rejects.toMatchObject({
    message: expect.stringContaining('no node has registered'),
  });
  const message = 'container runtime network not ready';
  fake.put(of('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'False', message }] } }));
  await expect(waitForNodes(kube, { timeoutMs: 150 })).rejects.toMatchObject({
    message: expect.stringContaining(`n1: ${message}`),
  });
});

test('a pod that is ending takes no traffic', async () => {
  const ending = pod('c', true);
  fake.put(pod('a', true), pod('b', false), {
    ...ending,
    metadata: { ...ending.metadata, finalizers: ['example.org/held'] },
  });
  const kube = fake.client();
  await kube.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'sample', name: 'c' });
  const ready = await readyPods(kube, { namespace: 'sample', labelSelector: 'app=web' });
  expect(ready.map(({ metadata }) => metadata?.name)).toEqual(['a']);
});
