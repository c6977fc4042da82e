import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Collection } from '../../../src/local/load-balancer/collection.ts';
import { NodeApi } from '../../../src/local/node/api.ts';
import type { NodeSpec } from '../../../src/local/node/node-spec.ts';
import { ensureSystemObjects } from '../../../src/local/node/readiness.ts';
import { createRoot, issueLeaf } from '../../../src/pki/index.ts';

/** What is waited for comes at once, but the machine may have other things to do. */
const patience = { timeout: 60_000 };

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let api: NodeApi;
let kubeconfig: string;
let respond: Respond = () => {};

/** An API server as a node has it: TLS with a certificate asked of the client, and a kubeconfig with both. */
beforeAll(async () => {
  const issuer = await createRoot({ subject: 'test', algorithm: 'ecdsa-p256', years: 1 });
  const [served, client] = await Promise.all([
    issueLeaf({ issuer, commonName: 'api', usages: ['server'], ipAddresses: ['127.0.0.1'], days: 1 }),
    issueLeaf({ issuer, commonName: 'isthmus:load-balancer', usages: ['client'], days: 1 }),
  ]);
  const ca = issuer.certificatePem;
  const tls = { ca, cert: served.certificatePem, key: served.keyPem, requestCert: true };
  server = createServer(tls, (request, response) => respond(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const data = (pem: string) => Buffer.from(pem).toString('base64');
  kubeconfig = JSON.stringify({
    clusters: [{ cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': data(ca) } }],
    users: [
      {
        user: {
          'client-certificate-data': data(client.certificatePem),
          'client-key-data': data(client.keyPem),
        },
      },
    ],
  });
  api = new NodeApi('one', kubeconfig);
});
afterEach(() => {
  api.close();
  server.closeAllConnections();
});
afterAll(() => void server.close());

const service = (name: string) => ({ metadata: { namespace: 'a', name } });
const isWatch = ({ url = '' }: IncomingMessage) => url.includes('watch=1');
const send = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status).end(JSON.stringify(body));

async function followed(check: (names: () => string[]) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const services = new Collection(api, '/api/v1/services', { trim: (one) => one, onChange: () => {} });
  const following = services.follow(stop.signal);
  try {
    await check(() => [...services.items.keys()]);
  } finally {
    stop.abort();
    await following;
  }
}

test('an object is read with the client’s certificate; one that is not there is undefined', async () => {
  respond = (request, response) =>
    request.url === '/there'
      ? send(response, 200, { authorized: (request.socket as import('node:tls').TLSSocket).authorized })
      : send(response, 404, { kind: 'Status', message: 'not found' });
  expect(await api.get('/there')).toEqual({ authorized: true });
  expect(await api.get('/elsewhere')).toBeUndefined();
});

test('a refusal says what the API server said, and of a health endpoint what failed', async () => {
  respond = (_, response) => response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\n');
  await expect(api.send({ method: 'GET', path: '/readyz', once: true })).rejects.toMatchObject({
    code: 'API_REFUSED',
    message: 'one refused GET /readyz: [-]etcd failed: reason withheld',
  });
});

test('a collection follows what comes and goes, also when the API server ends the watch', async () => {
  let lists = 0;
  const watches: ServerResponse[] = [];
  respond = (request, response) => {
    if (!isWatch(request)) {
      lists += 1;
      const items = lists === 1 ? [service('x')] : [service('y')];
      send(response, 200, { metadata: { resourceVersion: '7' }, items });
      return;
    }
    expect(request.url).toContain('resourceVersion=7');
    watches.push(response.writeHead(200));
    response.flushHeaders();
  };
  await followed(async (names) => {
    await vi.waitFor(() => expect(watches).toHaveLength(1), patience);
    expect(names()).toEqual(['a.x']);
    const line = (type: string, name: string) => `${JSON.stringify({ type, object: service(name) })}\n`;
    const added = Buffer.from(line('ADDED', 'ü'));
    // Half of a letter and half of a line may come alone.
    const cut = added.indexOf('ü') + 1;
    watches[0]?.write(added.subarray(0, cut));
    watches[0]?.write(added.subarray(cut));
    watches[0]?.write(line('DELETED', 'x'));
    await vi.waitFor(() => expect(names()).toEqual(['a.ü']), patience);
    watches[0]?.destroy();
    await vi.waitFor(() => expect(names()).toEqual(['a.y']), patience);
  });
});

test('a collection lists again where its watch is refused', async () => {
  let lists = 0;
  respond = (request, response) => {
    if (isWatch(request)) {
      send(response, 410, { kind: 'Status', reason: 'Expired', message: 'too old resource version' });
      return;
    }
    lists += 1;
    send(response, 200, { metadata: { resourceVersion: '7' }, items: [service('x')] });
  };
  await followed(async (names) => {
    await vi.waitFor(() => expect(lists).toBeGreaterThan(1), patience);
    expect(names()).toEqual(['a.x']);
  });
});

test('every system object has been sent when the refusal of one ends the work', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-node-'));
  const adminKubeconfig = join(folder, 'admin.conf');
  await writeFile(adminKubeconfig, kubeconfig);
  const applied: string[] = [];
  respond = async (request, response) => {
    if (request.url?.includes('/configmaps/'))
      return send(response, 403, { kind: 'Status', message: 'not allowed' });
    await delay(50);
    applied.push(request.url ?? '');
    return send(response, 200, {});
  };
  const paths = { cluster: 'one', adminKubeconfig };
  const plan = { paths, machine: { nameservers: [] }, at: { dns: '10.0.0.10' } } as unknown as NodeSpec;
  const { signal } = new AbortController();
  await expect(ensureSystemObjects(plan, 'coredns', signal)).rejects.toThrow('not allowed');
  expect(applied).toHaveLength(7);
  await rm(folder, { recursive: true });
});
