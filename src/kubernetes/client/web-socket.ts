import WebSocket from 'ws';
import { parseRefusal, refused } from './api-error.ts';
import { leadsThroughProxy } from './credentials.ts';
import type { Transport } from './transport.ts';

/** A subresource of a pod that is spoken to over a WebSocket. */
export interface SocketCall {
  readonly cluster: string;
  /** Path and query of the subresource. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** Node.js would otherwise cut a message at 100 MB. */
const maxPayload = 512 * 1024 * 1024;

/** Begin a WebSocket with the API server; nothing has been answered yet. Throws as {@link Transport.access}. */
export async function openSocket(
  transport: Transport,
  call: SocketCall,
  protocols: readonly string[],
): Promise<WebSocket> {
  const access = await transport.access(call.signal);
  const { headers, tls, agent } = access;
  const url = transport.credentials.server.replace(/^http/, 'ws') + call.path;
  // The pool's agent is for requests; a WebSocket keeps its socket. A proxy's agent is needed though.
  const proxy = leadsThroughProxy(access) ? { agent } : {};
  const options = { ...tls, ...proxy, headers: { ...headers }, maxPayload, perMessageDeflate: false };
  return new WebSocket(url, [...protocols], options);
}

/** Tells `fail` the API server's refusal where it does not let the WebSocket begin. */
export function onRefusal(socket: WebSocket, call: SocketCall, fail: (error: Error) => void): void {
  socket.on('unexpected-response', (_request, response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const refusal = parseRefusal(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'));
      fail(refused(call.cluster, { method: 'GET', path: call.path }, refusal));
    });
  });
}

/** `namespace/name` of the pod whose subresource a call is about. */
export const podOf = ({ path }: SocketCall): string =>
  path
    .split('?')[0]
    ?.match(/namespaces\/([^/]+)\/pods\/([^/]+)/)
    ?.slice(1, 3)
    .join('/') ?? 'a pod';
