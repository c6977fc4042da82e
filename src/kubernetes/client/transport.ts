import http from 'node:http';
import https from 'node:https';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { ApiError, parseRefusal, refused, unreachable } from './api-error.ts';
import { type Access, type ApiCredentials, leadsThroughProxy } from './credentials.ts';
import { onAbort } from './on-abort.ts';
import { SharedRequest } from './shared-request.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's address. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** A POST that leaves nothing behind, such as a review or a request for a token: it may be sent twice. */
  readonly repeatable?: boolean | undefined;
  /** Fail at the first failure; for callers that ask again by themselves. */
  readonly once?: boolean | undefined;
}

const defaultTimeoutMs = 10_000;
/** Admission webhooks may take their own ten seconds before the API server goes on without them. */
const defaultWriteTimeoutMs = 20_000;
/** How long an API server may be away, as in a restart, before a call fails. */
const retryMs = 2_000;

/** One cluster's API over kept-alive connections: time limits, retries and coded errors. */
export class Transport {
  readonly credentials: ApiCredentials;
  readonly #cluster: string;
  readonly #access: SharedRequest<Access>;

  constructor(cluster: string, credentials: ApiCredentials) {
    this.#cluster = cluster;
    this.credentials = credentials;
    this.#access = this.share(() => credentials.access());
  }

  /** The answer's body. Throws API_REFUSED (as {@link ApiError}), CLUSTER_UNREACHABLE or INTERRUPTED. */
  async send(call: Call): Promise<string> {
    try {
      return await this.#attempt(call);
    } catch (error) {
      if (call.once || !this.#transient(error, call)) throw error;
      return this.#retry(call, error);
    }
  }

  /** A request of several callers, who leave it with the errors of this cluster. */
  share<T>(ask: (signal: AbortSignal) => Promise<T>): SharedRequest<T> {
    return new SharedRequest({
      ask,
      interrupted: () => interrupted(this.#cluster),
      late: (timeoutMs) => unreachable(this.#cluster, this.credentials.server, tooLate(timeoutMs)),
    });
  }

  async #retry(call: Call, first: unknown): Promise<string> {
    let last = first;
    const what = `${this.#cluster} to answer`;
    try {
      return await waitUntil({ what, timeoutMs: retryMs, maxDelayMs: 800, signal: call.signal }, async () => {
        try {
          return await this.#attempt(call);
        } catch (error) {
          last = error;
          throw this.#transient(error, call) ? new NotReady(messageOf(error)) : error;
        }
      });
    } catch (error) {
      throw isIsthmusError(error) && error.code === 'TIMED_OUT' ? last : error;
    }
  }

  /**
   * The answer with its body still to come, as a watch needs it. The signal ends it, and so does silence
   * for `timeoutMs`. Throws as {@link send}, at the first failure.
   */
  async stream(call: Omit<Call, 'body'> & { readonly timeoutMs: number }): Promise<http.IncomingMessage> {
    const access = await this.access(call.signal);
    const server = this.credentials.server;
    const answer = await begin(server, access, call).catch((error: NodeJS.ErrnoException) => {
      throw call.signal?.aborted ? interrupted(this.#cluster) : unreachable(this.#cluster, server, error);
    });
    const status = answer.statusCode ?? 0;
    if (status < 400) return answer;
    const said: Buffer[] = await answer.toArray();
    throw refused(this.#cluster, call, parseRefusal(status, Buffer.concat(said).toString('utf8')));
  }

  async #attempt(call: Call): Promise<string> {
    const access = await this.access(call.signal);
    const server = this.credentials.server;
    const answer = await exchange(server, access, call).catch((error: NodeJS.ErrnoException) => {
      throw call.signal?.aborted ? interrupted(this.#cluster) : unreachable(this.#cluster, server, error);
    });
    if (answer.status < 400) return answer.body;
    throw refused(this.#cluster, call, parseRefusal(answer.status, answer.body));
  }

  /** Credentials, for which a plugin may have to be run; ends nothing. Throws INTERRUPTED. */
  access(signal: AbortSignal | undefined): Promise<Access> {
    return this.#access.answer({ signal });
  }

  /** Whether the same call may succeed in a moment, and was not carried out or may be carried out twice. */
  #transient(error: unknown, call: Call): boolean {
    const repeatable = isRepeatable(call);
    if (error instanceof ApiError) {
      if (error.status === 401) return this.#renewed();
      if (error.status === 429) return true;
      if (error.status === 409)
        return call.contentType === 'application/apply-patch+yaml' && error.conflicts.length === 0;
      return repeatable && (error.status === 503 || /etcdserver: |leader changed/.test(error.message));
    }
    if (!isIsthmusError(error) || error.code !== 'CLUSTER_UNREACHABLE') return false;
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    // With a broken pipe the end of the request, which an object is not whole without, was not taken from here.
    return code === 'ECONNREFUSED' || code === 'EPIPE' || (repeatable && code === 'ECONNRESET');
  }

  #lastRenewal = 0;

  /** Ask the plugin for new credentials, but not again and again for ones that are just wrong. */
  #renewed(): boolean {
    if (Date.now() - this.#lastRenewal < 10_000) return false;
    this.#lastRenewal = Date.now();
    this.credentials.forget();
    return true;
  }
}

/** All that isthmus sends but the creation of an object has the same effect when it is carried out twice. */
const isRepeatable = (call: Pick<Call, 'method' | 'repeatable'>) =>
  call.method !== 'POST' || call.repeatable === true;

/** INTERRUPTED while talking to a cluster. */
export function interrupted(cluster: string): IsthmusError {
  return new IsthmusError('INTERRUPTED', `interrupted while talking to ${cluster}`);
}

const tooLate = (limit: number) => new Error(`no answer within ${limit / 1000} s`);

interface Answer {
  readonly status: number;
  readonly body: string;
}

function exchange(server: string, access: Access, call: Call): Promise<Answer> {
  const limit = call.timeoutMs ?? (call.method === 'GET' ? defaultTimeoutMs : defaultWriteTimeoutMs);
  return new Promise<Answer>((resolve, reject) => {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request = open(server, access, { ...call, body });
    const release = onAbort(call.signal, () => request.destroy(new Error('interrupted')));
    const timer = setTimeout(() => request.destroy(tooLate(limit)), limit);
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

function begin(
  server: string,
  access: Access,
  call: Encoded & { readonly timeoutMs: number },
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(server, access, call);
    const release = onAbort(call.signal, () => request.destroy(new Error('interrupted')));
    request.setTimeout(call.timeoutMs, () => request.destroy(tooLate(call.timeoutMs)));
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
