import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { IsthmusError, messageOf } from '../../errors/index.ts';

/** An answer of the API server, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | undefined;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** What one of this room's kubeconfigs says; they are JSON. */
interface Credentials {
  readonly server: string;
  readonly tls: { ca: Buffer; cert: Buffer; key: Buffer };
}

/**
 * The few requests that a node's own start and its load-balancer controller need. The full client
 * would cost a third of a second and tens of megabytes.
 */
export class LocalApi {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(kubeconfigText: string) {
    const { server, tls } = read(kubeconfigText);
    this.#server = server;
    this.#agent = new Agent({ ...tls, keepAlive: true, maxSockets: 8 });
  }

  /** Throws CLUSTER_UNREACHABLE when there is no answer. */
  async send(what: ApiRequest): Promise<ApiAnswer> {
    const response = await this.open(what);
    let body = '';
    try {
      for await (const chunk of response) body += chunk;
    } catch (cause) {
      throw unreachable(this.#server, cause);
    }
    return { status: response.statusCode ?? 0, body };
  }

  /** The parsed object; undefined for 404. Throws API_REFUSED for any other refusal. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T | undefined> {
    const { status, body } = await this.send({ path, signal });
    if (status === 404) return undefined;
    if (status >= 300) throw new IsthmusError('API_REFUSED', `GET ${path} was refused with status ${status}`);
    return JSON.parse(body) as T;
  }

  /** The response with its body still to come, for watches. */
  open({ method = 'GET', path, body, contentType, signal, timeoutMs = 10_000 }: ApiRequest) {
    const options: RequestOptions = { method, agent: this.#agent, timeout: timeoutMs };
    if (signal) options.signal = signal;
    if (body !== undefined) options.headers = { 'content-type': contentType ?? 'application/json' };
    return new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      const sent = request(`${this.#server}${path}`, options, (response) => {
        response.setEncoding('utf8');
        resolve(response);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.on('error', (cause) => reject(unreachable(this.#server, cause)));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const unreachable = (server: string, cause: unknown) =>
  new IsthmusError('CLUSTER_UNREACHABLE', `${server} does not answer: ${messageOf(cause)}`, { cause });

function read(text: string): Credentials {
  const document = JSON.parse(text) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const [{ cluster }] = document.clusters;
  const [{ user }] = document.users;
  const bytes = (from: Record<string, string>, key: string) => {
    const data = from[`${key}-data`];
    return data === undefined ? readFileSync(from[key] ?? '') : Buffer.from(data, 'base64');
  };
  return {
    server: cluster['server'] ?? '',
    tls: {
      ca: bytes(cluster, 'certificate-authority'),
      cert: bytes(user, 'client-certificate'),
      key: bytes(user, 'client-key'),
    },
  };
}
