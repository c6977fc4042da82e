import WebSocket from 'ws';
import { IsthmusError } from '../../errors/index.ts';
import type { CallOptions } from '../types.ts';
import { parseRefusal, refused, unreachable } from './api-error.ts';
import { leadsThroughProxy } from './credentials.ts';
import { onAbort } from './on-abort.ts';
import { interrupted, type Transport } from './transport.ts';

/** A subresource of a pod that is spoken to over a WebSocket. */
export interface SocketCall extends CallOptions {
  readonly cluster: string;
  /** Path and query of the subresource. */
  readonly path: string;
}

/** Ends a conversation with what is returned or thrown, the first time that it is called. */
export type Settle<T> = (outcome: () => T) => void;

export interface Conversation<T> {
  readonly protocols: readonly string[];
  /** Where the call has no limit of its own. */
  readonly defaultTimeoutMs: number;
  /** What is waited for, to be said with the pod: `a command in`. */
  readonly what: string;
  /** Hears and speaks on the socket, which has not begun yet. */
  readonly hold: (socket: WebSocket, settle: Settle<T>) => void;
}

/** Node.js would otherwise cut a message at 100 MB. */
const maxPayload = 512 * 1024 * 1024;

/**
 * Talk with a pod's subresource until that is settled, which ends the socket. Throws what the conversation does, and
 * TIMED_OUT, API_REFUSED, CLUSTER_UNREACHABLE or INTERRUPTED.
 */
export async function converse<T>(
  transport: Transport,
  call: SocketCall,
  { protocols, defaultTimeoutMs, what, hold }: Conversation<T>,
): Promise<T> {
  const socket = await openSocket(transport, call, protocols);
  const limit = call.timeoutMs ?? defaultTimeoutMs;
  return new Promise<T>((resolve, reject) => {
    const settle: Settle<T> = (outcome) => {
      clearTimeout(timer);
      release();
      socket.terminate();
      try {
        resolve(outcome());
      } catch (error) {
        reject(error);
      }
    };
    const fail = (error: Error) =>
      settle(() => {
        throw error;
      });
    const timer = setTimeout(() => fail(tooLong(call, what, limit)), limit);
    const release = onAbort(call.signal, () => fail(interrupted(call.cluster)));
    socket.on('error', (error) => fail(unreachable(call.cluster, transport.credentials.server, error)));
    onRefusal(socket, call, fail);
    hold(socket, settle);
  });
}

/** Nothing has been answered yet. Throws as {@link Transport.access}. */
async function openSocket(
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
function onRefusal(socket: WebSocket, call: SocketCall, fail: (error: Error) => void): void {
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

function tooLong(call: SocketCall, what: string, limit: number): IsthmusError {
  return new IsthmusError(
    'TIMED_OUT',
    `timed out after ${limit / 1000} s waiting for ${what} ${podOf(call)} of ${call.cluster}`,
  );
}
