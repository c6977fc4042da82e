import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createRoot, issueLeaf } from '../../../src/pki/index.ts';
import type { ApiServer } from '../emulator/emulator.ts';

const node = {
  metadata: { name: 'i-0123456789abcdef0' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};

/**
 * The least of an API server: who you are is decided by the emulator's token review, and what you see
 * is a version and one ready node. For tests of the provider alone; the mesh is tested on real ones.
 */
export class StubApiServer {
  readonly #server: Server;
  readonly #ca: string;
  /** Bearer tokens that came in. */
  readonly tokens: string[] = [];

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.#ca = ca;
  }

  static async start(tokenReviewUrl: string): Promise<StubApiServer> {
    const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
    const { certificatePem, keyPem } = await issueLeaf({
      issuer: root,
      commonName: 'stub',
      ipAddresses: ['127.0.0.1'],
      usages: ['server'],
      days: 1,
    });
    const server = createServer({ cert: certificatePem, key: keyPem });
    const stub = new StubApiServer(server, root.certificatePem);
    server.on('request', (request, response) => {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      stub.tokens.push(token);
      void authenticated(tokenReviewUrl, token).then((known) => {
        response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(known ? answerTo(request.url ?? '/') : unauthorized));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return stub;
  }

  get apiServer(): ApiServer {
    const { port } = this.#server.address() as AddressInfo;
    return {
      endpoint: `https://127.0.0.1:${port}`,
      certificateAuthority: Buffer.from(this.#ca).toString('base64'),
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const unauthorized = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code: 401,
  reason: 'Unauthorized',
};

async function authenticated(url: string, token: string): Promise<boolean> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ spec: { token } }) });
  const { status } = (await answer.json()) as { status?: { authenticated?: boolean } };
  return status?.authenticated ?? false;
}

function answerTo(url: string): unknown {
  const [path = ''] = url.split('?');
  if (path === '/version') return { major: '1', minor: '36', gitVersion: 'v1.36.3' };
  if (path === '/api/v1/nodes') return { kind: 'NodeList', apiVersion: 'v1', metadata: {}, items: [node] };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  return { kind: 'List', apiVersion: 'v1', metadata: {}, items: [], resources: [] };
}
