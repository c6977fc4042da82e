import type http from 'node:http';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { ApiError, parseRefusal, refused, unreachable } from './api-error.ts';
import type { Access, ApiCredentials } from './credentials.ts';
import { begin, type Call, exchange, isRepeatable, Late } from './exchange.ts';
import { SharedRequest } from './shared-request.ts';

/** Milliseconds that an answer may take where the caller does not say how many. */
export interface TimeLimits {
  readonly read: number;
  readonly write: number;
  /** Of a second attempt, after one that took too long although the API server has answered before. */
  readonly again: number;
}

const usual: TimeLimits = {
  read: 10_000,
  // Admission webhooks may take their own ten seconds before the API server goes on without them.
  write: 20_000,
  // Such a one is rather slow than gone: its machine may stand still for a while.
  again: 30_000,
};
/** How long an API server may be away, as in a restart, before a call fails. */
const retryMs = 2_000;

/** One cluster's API over kept-alive connections: time limits, retries and coded errors. */
export class Transport {
  readonly credentials: ApiCredentials;
  readonly #cluster: string;
  readonly #access: SharedRequest<Access>;
  readonly #limits: TimeLimits;
  #answered = false;

  constructor(cluster: string, credentials: ApiCredentials, limits = usual) {
    this.#cluster = cluster;
    this.credentials = credentials;
    this.#limits = limits;
    this.#access = this.share(() => credentials.access());
  }

  /** To the same API server as somebody else, with what is known of it. */
  as(credentials: ApiCredentials): Transport {
    const other = new Transport(this.#cluster, credentials, this.#limits);
    other.#answered = this.#answered;
    return other;
  }

  /** The answer's body. Throws API_REFUSED (as {@link ApiError}), CLUSTER_UNREACHABLE or INTERRUPTED. */
  async send(call: Call): Promise<string> {
    try {
      return await this.#attempt(call);
    } catch (error) {
      if (call.once) throw error;
      if (this.#isSlow(error, call)) return this.#attempt({ ...call, timeoutMs: this.#limits.again });
      if (!this.#transient(error, call)) throw error;
      return this.#retry(call, error);
    }
  }

  /** A request of several callers, who leave it with the errors of this cluster. */
  share<T>(ask: (signal: AbortSignal) => Promise<T>): SharedRequest<T> {
    return new SharedRequest({
      ask,
      interrupted: () => interrupted(this.#cluster),
      late: (timeoutMs) => unreachable(this.#cluster, this.credentials.server, new Late(timeoutMs)),
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
    const { timeoutMs = this.#limits[call.method === 'GET' ? 'read' : 'write'] } = call;
    const sent = exchange(server, access, { ...call, timeoutMs });
    const answer = await sent.catch((error: NodeJS.ErrnoException) => {
      throw call.signal?.aborted ? interrupted(this.#cluster) : unreachable(this.#cluster, server, error);
    });
    this.#answered = true;
    if (answer.status < 400) return answer.body;
    throw refused(this.#cluster, call, parseRefusal(answer.status, answer.body));
  }

  /** Credentials, for which a plugin may have to be run; ends nothing. Throws INTERRUPTED. */
  async access(signal: AbortSignal | undefined): Promise<Access> {
    const known = signal?.aborted ? undefined : this.credentials.known?.();
    return known ?? this.#access.answer({ signal });
  }

  /** Whether an API server that is there took too long for a call that may be carried out twice. */
  #isSlow(error: unknown, call: Call): boolean {
    const late = isIsthmusError(error) && error.cause instanceof Late;
    return late && this.#answered && call.timeoutMs === undefined && isRepeatable(call);
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

/** INTERRUPTED while talking to a cluster. */
export function interrupted(cluster: string): IsthmusError {
  return new IsthmusError('INTERRUPTED', `interrupted while talking to ${cluster}`);
}
