import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, type KubeClient } from '../../../src/kubernetes/index.ts';
import { connectionTo } from '../../fakes/api-server/connection.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';

/** What stands before an API server, and has just closed each kept-alive connection when it is used again. */
class ClosingIdle {
  connections = 0;
  /** Connections that a request met closed. */
  met = 0;
  /** End new connections as well, once the server has the request. */
  always = false;
  readonly #sockets = new Set<Socket>();
  readonly server: Server;

  constructor(port: number) {
    this.server = createServer((caller) => this.#serve(caller, connect(port, '127.0.0.1')));
  }

  #serve(caller: Socket, server: Socket): void {
    this.connections += 1;
    let answered = false;
    for (const socket of [caller, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    caller.on('data', (chunk) => {
      if (!answered) return server.write(chunk);
      this.met += 1;
      return caller.resetAndDestroy();
    });
    server.on('data', (chunk) => {
      answered = true;
      if (this.always) caller.resetAndDestroy();
      else caller.write(chunk);
    });
    caller.on('close', () => server.destroy());
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

let fake: FakeApiServer;
let before: ClosingIdle;
let kube: KubeClient;
beforeEach(async () => {
  fake = await FakeApiServer.start();
  before = new ClosingIdle(fake.port);
  await new Promise<void>((resolve) => before.server.listen(0, '127.0.0.1', resolve));
  const { port } = before.server.address() as { port: number };
  kube = createClient(await connectionTo(port));
  await kube.version();
});
afterEach(async () => {
  before.close();
  await fake.close();
});

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'sample' } };
const review = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
};
const token = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  spec: { expirationSeconds: 600 },
};
const account = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'reader', namespace: 'sample' },
} as const;
const of = { ...account.metadata, apiVersion: 'v1', kind: 'ServiceAccount' };

test.each<[string, () => Promise<unknown>]>([
  ['a read', () => kube.get({ ...configMap.metadata, apiVersion: 'v1', kind: 'ConfigMap' })],
  ['a server-side apply', () => kube.apply(configMap)],
  ['a review', () => kube.create(review)],
  ['a request for a token', () => kube.create(token, { subresource: { of, name: 'token' } })],
])('%s that meets a connection which was closed is sent again', async (_what, send) => {
  fake.put(account);
  await send();
  expect(before.met).toBeGreaterThan(0);
});

test('the creation of an object meets no kept connection, and is sent once', async () => {
  await kube.create(configMap);
  expect(fake.seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
  expect(fake.writes).toEqual(['create ConfigMap/a']);
});

test('one whose connection ends before the answer is not sent again, as the object may be there', async () => {
  const { apiVersion, kind } = configMap;
  await kube.list(apiVersion, kind);
  before.always = true;
  await expect(kube.create(configMap)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  expect(fake.writes).toEqual(['create ConfigMap/a']);
});
