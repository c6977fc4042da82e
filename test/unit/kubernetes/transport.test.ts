import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../src/kubernetes/client/credentials.ts';
import { Transport } from '../../../src/kubernetes/client/transport.ts';
import { createClient } from '../../../src/kubernetes/index.ts';
import { connectionTo } from '../../fakes/api-server/connection.ts';
import type { Seen } from '../../fakes/api-server/messages.ts';
import { type Answer, FakeApiServer } from '../../fakes/api-server.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

async function client(answer: (request: Seen) => Answer | undefined) {
  fake = await FakeApiServer.start({ answer });
  return fake.client();
}

const refusal = (status: number, message: string, reason = 'Whatever') => ({
  status,
  body: { kind: 'Status', status: 'Failure', message, reason, code: status },
});
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } };

test('an API server that accepts and never answers is unreachable after the time limit', async () => {
  const kube = await client(() => 'hang');
  const started = Date.now();
  await expect(kube.version({ timeoutMs: 200 })).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringMatching(
      /^fake at http:\/\/127\.0\.0\.1:\d+ does not answer: no answer within 0\.2 s$/,
    ),
  });
  expect(Date.now() - started).toBeLessThan(2_000);
});

/** Answers after the first one hang, so many times. */
async function hangingAfterFirst(times: number) {
  let calls = 0;
  fake = await FakeApiServer.start({
    answer: () => {
      calls += 1;
      return calls > 1 && calls <= 1 + times ? 'hang' : { body: { calls } };
    },
  });
  const { port } = fake.server.address() as { port: number };
  const credentials = new Credentials(await connectionTo(port));
  return new Transport('fake', credentials, { read: 200, write: 200, again: 2_000 });
}

test('an API server that has answered before gets more time once', async () => {
  const transport = await hangingAfterFirst(1);
  const get = { method: 'GET', path: '/version' } as const;
  await transport.send(get);
  expect(JSON.parse(await transport.send(get))).toEqual({ calls: 3 });
});

test('it gets more time also from somebody else', async () => {
  const transport = await hangingAfterFirst(1);
  const get = { method: 'GET', path: '/version' } as const;
  await transport.send(get);
  const { port } = fake.server.address() as { port: number };
  const other = transport.as(new Credentials(await connectionTo(port, 'fake', 'another')));
  expect(JSON.parse(await other.send(get))).toEqual({ calls: 3 });
  expect(fake.seen.at(-1)?.headers.authorization).toBe('Bearer another');
});

test.each([
  ['in which it is silent again', { times: 2, call: { method: 'GET' }, limit: 2 }],
  ['but not for the creation of an object', { times: 1, call: { method: 'POST', body: {} }, limit: 0.2 }],
  [
    'nor where the caller says how long it waits',
    { times: 1, call: { method: 'GET', timeoutMs: 100 }, limit: 0.1 },
  ],
  ['nor where it asks again by itself', { times: 1, call: { method: 'GET', once: true }, limit: 0.2 }],
] as const)('it gets more time, %s', async (_, { times, call, limit }) => {
  const transport = await hangingAfterFirst(times);
  await transport.send({ method: 'GET', path: '/version' });
  await expect(transport.send({ ...call, path: '/version' })).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringContaining(`no answer within ${limit} s`),
  });
  expect(fake.seen).toHaveLength(1 + times);
});

test('an abort ends a call that hangs', async () => {
  const kube = await client(() => 'hang');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  await expect(kube.version({ signal: abort.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(kube.version({ signal: abort.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

test('an API server that starts late is waited for, one that does not start is unreachable', async () => {
  const kube = await client(() => ({ body: { gitVersion: 'v1' } }));
  const { port } = fake.server.address() as { port: number };
  await fake.close();
  setTimeout(() => fake.server.listen(port, '127.0.0.1'), 300);
  expect(await kube.version()).toBe('v1');
  await fake.close();
  await expect(createClient(await connectionTo(port)).version()).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringContaining('connection refused'),
  });
});

test.each([
  refusal(429, 'too many requests'),
  refusal(503, 'starting'),
  refusal(500, 'etcdserver: leader changed'),
])('a passing $status is asked again', async (first) => {
  let calls = 0;
  const kube = await client(() => (calls++ < 2 ? first : { body: { gitVersion: 'v1' } }));
  expect(await kube.version()).toBe('v1');
  expect(calls).toBe(3);
});

test('what may have been carried out is not sent again', async () => {
  const kube = await client(({ method }) => (method === 'POST' ? refusal(503, 'gone away') : undefined));
  await expect(kube.create(configMap)).rejects.toMatchObject({ code: 'API_REFUSED', status: 503 });
  expect(fake.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('credentials that are not accepted are renewed once, not for ever', async () => {
  const kube = await client(() => refusal(401, 'Unauthorized', 'Unauthorized'));
  await expect(kube.version()).rejects.toMatchObject({ code: 'API_REFUSED', status: 401 });
  expect(fake.seen).toHaveLength(2);
});

test('a refusal carries reason and message but no token', async () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl';
  const kube = await client(() => refusal(403, `no ${token} for you`, 'Forbidden'));
  const error = await kube.version().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'API_REFUSED',
    reason: 'Forbidden',
    message: 'fake refused GET /version: no [token removed] for you (Forbidden)',
  });
  expect(fake.seen[0]?.headers.authorization).toBe('Bearer planted-token');
});

test('a proxy that answers in HTML is a refusal with its first line', async () => {
  const kube = await client(() => ({ status: 502, body: '<h1>Bad Gateway</h1>\n<p>more</p>' }));
  await expect(kube.version()).rejects.toMatchObject({
    code: 'API_REFUSED',
    message: expect.stringContaining('<h1>Bad Gateway</h1>'),
  });
});
