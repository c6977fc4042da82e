import http from 'node:http';
import https from 'node:https';
import type { CallOptions } from '../types.ts';
import { type Access, leadsThroughProxy } from './credentials.ts';
import { onAbort } from './on-abort.ts';

export interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's address. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** A POST that leaves nothing behind, such as a review or a request for a token: it may be sent twice. */
  readonly repeatable?: boolean | undefined;
  /** Fail at the first failure; for callers that ask again by themselves. */
  readonly once?: boolean | undefined;
}

/** All that isthmus sends but the creation of an object has the same effect when it is carried out twice. */
export const isRepeatable = (call: Pick<Call, 'method' | 'repeatable'>) =>
  call.method !== 'POST' || call.repeatable === true;

/** The cause of what ended because no answer came in time. */
export class Late extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1000} s`);
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Send a call and read the answer to its end. Throws Node’s own errors, or {@link Late}. */
export function exchange(
  server: string,
  access: Access,
  call: Call & { readonly timeoutMs: number },
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request = open(server, access, { ...call, body });
    const release = onAbort(call.signal, () => request.destroy(new Error('interrupted')));
    const timer = setTimeout(() => request.destroy(new Late(call.timeoutMs)), call.timeoutMs);
    const settle = (action: () => void) => {
      clearTimeout(timer);
      release();
      action();
    };
    request.on('error', (error) => settle(() => reject(error)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => settle(() => reject(error)));
      response.on('end', () =>
        settle(() =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        ),
      );
    });
    request.end(body);
  });
}

/** Send a call; its answer is still to be read. Throws as {@link exchange}. */
export function begin(
  server: string,
  access: Access,
  call: Encoded & { readonly timeoutMs: number },
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(server, access, call);
    const release = onAbort(call.signal, () => request.destroy(new Error('interrupted')));
    request.setTimeout(call.timeoutMs, () => request.destroy(new Late(call.timeoutMs)));
    request.on('error', reject);
    request.on('close', release);
    request.on('response', resolve);
    request.end();
  });
}

/** A call whose body is JSON text already. */
interface Encoded extends Omit<Call, 'body'> {
  readonly body?: string | undefined;
}

function open(server: string, access: Access, call: Encoded): http.ClientRequest {
  const headers: Record<string, string | string[]> = {
    ...access.headers,
    Accept: call.accept ?? 'application/json',
    'User-Agent': 'isthmus',
  };
  if (call.body !== undefined) {
    headers['Content-Type'] = call.contentType ?? 'application/json';
    // node.js counts no bytes of a DELETE by itself.
    headers['Content-Length'] = String(Buffer.byteLength(call.body));
  }
  const options = { method: call.method, headers, ...connectionFor(access, call) };
  return (server.startsWith('http:') ? http : https).request(new URL(server + call.path), options);
}

/**
 * An API server, or what is before it, may be closing a kept-alive connection while a request is on its way,
 * which cannot be told from one that ended within the request. What may be sent twice is then sent again; the
 * creation of an object takes a connection of its own. Go's client and kubectl draw the same line, but have
 * HTTP/2 to tell them what was not begun.
 */
function connectionFor(access: Access, call: Encoded): https.RequestOptions {
  const fresh = !isRepeatable(call) && !leadsThroughProxy(access);
  return fresh ? { ...access.tls, agent: false } : { agent: access.agent };
}
