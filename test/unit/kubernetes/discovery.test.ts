import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer;
beforeEach(async () => {
  fake = await FakeApiServer.start();
});
afterEach(() => fake.close());

test('one caller that gives up does not end the request that another waits for', async () => {
  let answer: (held: undefined) => void = () => {};
  const held = new Promise<undefined>((resolve) => {
    answer = resolve;
  });
  fake.hold = () => held;
  const kube = fake.client();
  const hasty = new AbortController();
  const first = kube.list('v1', 'Pod', { signal: hasty.signal });
  const second = kube.list('v1', 'Node');
  hasty.abort();
  await expect(first).rejects.toMatchObject({ code: 'INTERRUPTED' });
  answer(undefined);
  expect(await second).toEqual([]);
  expect(fake.seen.filter(({ url }) => url === '/api/v1')).toHaveLength(1);
});

test('each caller waits for a shared request in its own time', async () => {
  fake.mode = 'silent';
  const kube = fake.client();
  const ended: string[] = [];
  const patient = kube.list('v1', 'Node', { timeoutMs: 400 }).finally(() => ended.push('patient'));
  const hasty = kube.list('v1', 'Pod', { timeoutMs: 50 }).finally(() => ended.push('hasty'));
  await Promise.all([
    expect(patient).rejects.toThrow('no answer within 0.4 s'),
    expect(hasty).rejects.toThrow('no answer within 0.05 s'),
  ]);
  expect(ended).toEqual(['hasty', 'patient']);
});

test('a request that nobody waits for any more is ended, and asked anew by the next', async () => {
  fake.mode = 'silent';
  const kube = fake.client();
  await expect(kube.list('v1', 'Pod', { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
  });
  fake.mode = 'healthy';
  expect(await kube.list('v1', 'Pod')).toEqual([]);
});

test('an API server that is slow to tell its kinds is told of as that, not as one without the kind', async () => {
  fake.mode = 'silent';
  // Longer than a definition may take to appear.
  const created = fake
    .client()
    .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }, { timeoutMs: 5_500 });
  await expect(created).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
}, 20_000);

test('a kind that is not there is not asked for again before a pause', async () => {
  const asked: number[] = [];
  const enough = new AbortController();
  fake.hold = () => {
    if (asked.push(performance.now()) === 2) enough.abort();
    return undefined;
  };
  const object = { apiVersion: 'planted.test/v1', kind: 'Planted', metadata: { name: 'a' } };
  await expect(fake.client().create(object, { signal: enough.signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  const [first = 0, second = 0] = asked;
  expect(second - first).toBeGreaterThanOrEqual(99);
});

test('a client with another token knows the kinds that the first one knows', async () => {
  const kube = fake.client();
  await kube.list('v1', 'Pod');
  fake.seen.length = 0;
  expect(await kube.withToken('given').list('v1', 'Pod')).toEqual([]);
  expect(fake.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ['/api/v1/pods?limit=500', 'Bearer given'],
  ]);
});
