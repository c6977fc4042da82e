import { afterEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { frame } from '../../fakes/channel-frame.ts';

let fake: FakeApiServer;
afterEach(() => fake.close());

const pod = { namespace: 'b', name: 'a' };
const asked = { port: 15014, path: '/debug/x?y=1' };

/** A kubelet that does with a forwarded port what the test says. */
async function client(run: (socket: WebSocket, url: URL) => void) {
  fake = await FakeApiServer.start();
  fake.put(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: pod.namespace } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: pod.namespace, name: pod.name } },
  );
  fake.kubelet = (socket, url) => {
    for (const channel of [0, 1]) socket.send(frame(channel, Buffer.from([0xa6, 0x3a])));
    run(socket, url);
  };
  return fake.client();
}

test('a page arrives whole, in pieces of whatever size, and nothing but the page is asked for', async () => {
  const body = 'é'.repeat(3 * 1024 * 1024);
  const said: string[] = [];
  let url: URL | undefined;
  const kube = await client((socket, at) => {
    url = at;
    socket.on('message', (data: Buffer) => {
      said.push(data.subarray(1).toString());
      const answer = Buffer.from(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`);
      for (let from = 0; from < answer.length; from += 32_767)
        socket.send(frame(0, answer.subarray(from, from + 32_767)));
      socket.close();
    });
  });
  const page = await kube.page(pod, asked);
  expect(page.status).toBe(200);
  expect(page.body === body).toBe(true);
  expect(url?.pathname).toBe('/api/v1/namespaces/b/pods/a/portforward');
  expect(url?.searchParams.getAll('ports')).toEqual(['15014']);
  expect(said.join('').split('\r\n')[0]).toBe('GET /debug/x?y=1 HTTP/1.1');
});

test('a status is the server’s answer and no error', async () => {
  const kube = await client((socket) =>
    socket.on('message', () => {
      socket.send(frame(0, 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy'));
    }),
  );
  expect(await kube.page(pod, asked)).toEqual({ status: 503, body: 'busy' });
});

test('a port at which nobody listens says what the kubelet says', async () => {
  const kube = await client((socket) => {
    socket.send(frame(1, 'dial tcp4 127.0.0.1:15014: connect: connection refused'));
    socket.close();
  });
  await expect(kube.page(pod, asked)).rejects.toMatchObject({
    code: 'PORT_CLOSED',
    message: 'fake could not forward a port of b/a: dial tcp4 127.0.0.1:15014: connect: connection refused',
  });
});

test.each([
  ['before the answer', ''],
  ['within the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nhalf'],
])('a connection that breaks off %s is no page', async (_when, sent) => {
  const kube = await client((socket) =>
    socket.on('message', () => {
      if (sent) socket.send(frame(0, sent));
      socket.close();
    }),
  );
  await expect(kube.page(pod, asked)).rejects.toMatchObject({ code: 'PORT_CLOSED' });
});

test('a page that does not come times out, an abort interrupts it', async () => {
  const kube = await client(() => {});
  await expect(kube.page(pod, { ...asked, timeoutMs: 100 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: 'timed out after 0.1 s waiting for a page of b/a of fake',
  });
  await expect(kube.page(pod, { ...asked, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('a refusal carries what the API server says', async () => {
  fake = await FakeApiServer.start();
  await expect(fake.client().page(pod, asked)).rejects.toMatchObject({
    code: 'API_REFUSED',
    status: 404,
    message: expect.stringContaining('pods "a" not found'),
  });
});
