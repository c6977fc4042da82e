import { afterEach, expect, test } from 'vitest';
import type { Seen } from '../../fakes/api-server/messages.ts';
import { type Answer, FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

async function client(answer?: (request: Seen) => Answer | undefined) {
  fake = await FakeApiServer.start(answer && { answer });
  return fake.client();
}

const live = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'b' } };
const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'b', name: 'a' };

test('what is not there, and kinds that are not there, are undefined, empty and gone', async () => {
  const kube = await client();
  const unknown = { apiVersion: 'no.such/v1', kind: 'Thing', name: 'x' };
  expect(await kube.get(ref)).toBeUndefined();
  expect(await kube.get(unknown)).toBeUndefined();
  expect(await kube.list('no.such/v1', 'Thing')).toEqual([]);
  await kube.remove(ref, { wait: true });
  await kube.remove(unknown);
});

test('a list reads every page and gives items their kind', async () => {
  const kube = await client();
  const pod = (name: string, tier: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'b', name, labels: { app: 'x', tier } },
  });
  fake.put(pod('1', 'a'), pod('2', 'a'), pod('3', 'b'));
  fake.pageSize = 1;
  const pods = await kube.list('v1', 'Pod', { namespace: 'b', labelSelector: 'app=x,tier in (a)' });
  expect(pods).toMatchObject([pod('1', 'a'), pod('2', 'a')]);
  expect(pods).toHaveLength(2);
  expect(fake.seen.filter(({ url }) => url.includes('/pods?'))).toHaveLength(2);
  expect(fake.seen.at(-1)?.url).toContain('labelSelector=app%3Dx%2Ctier+in+%28a%29');
});

test('an apply that only a controller’s status answers to is no change', async () => {
  const kube = await client(({ method, url }) => {
    if (!url.startsWith('/apis/apps/v1/namespaces/b')) return undefined;
    const resourceVersion = method === 'PATCH' ? '2' : '1';
    return {
      body: {
        ...live,
        metadata: { ...live.metadata, resourceVersion },
        status: { replicas: resourceVersion },
      },
    };
  });
  const { change } = await kube.apply(live);
  expect(change).toEqual({ cluster: 'fake', object: ref, action: 'none', diff: [] });
  const patch = fake.seen.find(({ method }) => method === 'PATCH');
  expect(patch?.url).toBe('/apis/apps/v1/namespaces/b/deployments/a?fieldManager=isthmus&force=true');
  expect(patch?.headers['content-type']).toBe('application/apply-patch+yaml');
});

test('a dry run in a namespace that is still to be made is a creation', async () => {
  const kube = await client();
  const { change } = await kube.apply(live, { dryRun: true });
  expect(change.action).toBe('create');
  expect(fake.seen.at(-1)?.url).toContain('dryRun=All');
  const custom = { apiVersion: 'no.such/v1', kind: 'Thing', metadata: { name: 'x' } };
  expect((await kube.apply(custom, { dryRun: true })).change.action).toBe('create');
});

test('a kind whose definition was just applied is waited for', async () => {
  let asked = 0;
  const thing = { apiVersion: 'late.io/v1', kind: 'Thing', metadata: { name: 'x' } };
  const kube = await client(({ method, url }) => {
    if (url === '/apis/late.io/v1')
      return asked++ < 3
        ? undefined
        : { body: { resources: [{ kind: 'Thing', name: 'things', namespaced: false }] } };
    return method === 'PATCH' && url.startsWith('/apis/late.io/v1/things/x?') ? { body: thing } : undefined;
  });
  expect((await kube.apply(thing)).change.action).toBe('create');
  expect(asked).toBe(4);
});

test('a removal waits until the object is gone and says what holds it', async () => {
  let looks = 0;
  const held = { ...live, metadata: { ...live.metadata, finalizers: ['cloud/cleanup'] } };
  const kube = await client(({ method, url }) => {
    if (!url.includes('/deployments/a')) return undefined;
    if (method === 'DELETE') return { body: {} };
    return looks++ < 2 ? { body: held } : undefined;
  });
  await kube.remove(ref, { wait: true });
  expect(looks).toBe(3);
  looks = -1_000;
  await expect(kube.remove(ref, { wait: true, timeoutMs: 300 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: expect.stringContaining('Deployment b/a in fake to be gone: it waits for cloud/cleanup'),
  });
});
