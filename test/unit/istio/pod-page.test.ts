import { afterEach, expect, test } from 'vitest';
import { istiodServer, podPage } from '../../../src/istio/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

const pod = { namespace: 'istio-system', name: 'istiod-1' };
const asked = { ...pod, server: istiodServer };

/** A cluster whose istiod has one page, and how often each way was gone. */
async function bed(options: { forbidden?: boolean; closed?: boolean } = {}) {
  fake = await FakeApiServer.start();
  fake.refuseSocket = (url) => (options.forbidden && url.includes('/portforward') ? 403 : undefined);
  fake.put({ apiVersion: 'v1', kind: 'Pod', metadata: pod });
  let commands = 0;
  fake.exec = ({ command, container }) => {
    commands += 1;
    if (options.closed && commands === 1) return { exitCode: 1 };
    if (container !== 'discovery' || command.join(' ') !== 'pilot-discovery request GET /debug/clusterz')
      return undefined;
    return { stdout: '[]' };
  };
  const cluster = { kube: fake.client(), spec: { name: 'fake' } } as MeshCluster;
  const ways = () =>
    fake.seen.map(({ url }) => /pods\/[^/]+\/(exec|portforward)/.exec(url)?.[1]).filter(Boolean);
  return { cluster, ways };
}

test('a page is read through a forwarded port, without a command in the pod', async () => {
  const { cluster, ways } = await bed();
  expect(await podPage(cluster, asked, { path: '/debug/clusterz' })).toBe('[]');
  expect(ways()).toEqual(['portforward']);
});

test('who may not forward ports runs the component’s own program, and is not asked again', async () => {
  const { cluster, ways } = await bed({ forbidden: true });
  for (const _ of [1, 2]) expect(await podPage(cluster, asked, { path: '/debug/clusterz' })).toBe('[]');
  expect(ways()).toEqual(['portforward', 'exec', 'exec']);
});

test('a port that the runtime cannot reach is no reason to give up', async () => {
  const { cluster, ways } = await bed({ closed: true });
  expect(await podPage(cluster, asked, { path: '/debug/clusterz' })).toBe('[]');
  expect(ways()).toEqual(['portforward', 'exec']);
});

test('a page that comes in neither way names the pod', async () => {
  const { cluster } = await bed();
  await expect(podPage(cluster, asked, { path: '/debug/none' })).rejects.toMatchObject({
    code: 'PROCESS_FAILED',
    message: expect.stringContaining('pod istio-system/istiod-1 of fake'),
  });
});
