import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectionFromKubeconfig, type KubeConnection } from '../../../src/kubernetes/index.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What to answer; `hang` accepts the request and never answers. */
export type Answer = { status?: number; body: unknown } | 'hang';

/**
 * An HTTP server on loopback for the protocol's edges only: discovery of the core, apps, discovery
 * and test groups is built in, everything else is what the test says.
 */
export interface FakeApiServer {
  readonly connection: KubeConnection;
  readonly server: Server;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

const kinds: Record<string, [kind: string, plural: string, namespaced: boolean][]> = {
  '/api/v1': [
    ['Namespace', 'namespaces', false],
    ['ConfigMap', 'configmaps', true],
    ['Service', 'services', true],
    ['Pod', 'pods', true],
    ['Event', 'events', true],
    ['Node', 'nodes', false],
  ],
  '/apis/apps/v1': [['Deployment', 'deployments', true]],
  '/apis/discovery.k8s.io/v1': [['EndpointSlice', 'endpointslices', true]],
};

export const notFound: Answer = {
  status: 404,
  body: { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'not found', code: 404 },
};

export async function fakeApiServer(answer: (request: Seen) => Answer | undefined): Promise<FakeApiServer> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(one);
    reply(response, answer(one) ?? discovery(url) ?? notFound);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { connection: await connectionTo(port), server, seen, close: () => closed(server) };
}

/** A connection by plain HTTP with the token `planted-token`. */
export function connectionTo(port: number): Promise<KubeConnection> {
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const text = JSON.stringify({
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'fake', user: { token: 'planted-token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  });
  return connectionFromKubeconfig({ cluster: 'fake', text });
}

function discovery(url: string): Answer | undefined {
  const resources = kinds[url]?.map(([kind, name, namespaced]) => ({ kind, name, namespaced }));
  return resources && { body: { kind: 'APIResourceList', resources } };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === 'hang') return;
  response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' });
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
