import http from 'node:http';
import https from 'node:https';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import type { KubectlConfiguration } from '../kubeconfig/kubectl-config.ts';
import type { KubeConnection } from '../types.ts';

/** What a request to the API server carries besides itself. */
export interface Access {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly agent: http.Agent;
  /** For connections that do not go through the agent, such as WebSockets. */
  readonly tls: Readonly<https.AgentOptions>;
}

/** Whether connections are made by a proxy's agent, which alone knows the way. */
export const leadsThroughProxy = ({ agent }: Pick<Access, 'agent'>) => 'proxy' in agent;

/** Where an API server is and what it takes for a caller. */
export interface ApiCredentials {
  /** Address without a slash at its end. */
  readonly server: string;
  access(): Promise<Access>;
  /** They were not accepted: the next {@link access} reads them anew. */
  forget(): void;
}

const tlsKeys = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'rejectUnauthorized',
  'servername',
  'checkServerIdentity',
] as const;

/** Files are read again after this long, in case their credentials have been renewed. */
const freshMs = 60_000;

/** Credentials of a kubeconfig, kept until they may be stale, with one pool of kept-alive sockets. */
export class Credentials implements ApiCredentials {
  readonly #connection: KubeConnection;
  #access: Promise<Access> | undefined;
  #agent: { agent: http.Agent; identity: string } | undefined;
  #since = 0;
  #ends = Number.POSITIVE_INFINITY;
  #forgotten: Promise<void> | undefined;

  constructor(connection: KubeConnection) {
    this.#connection = connection;
  }

  get server(): string {
    return this.#connection.config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
  }

  /** Throws KUBECONFIG_INVALID if the kubeconfig's credentials cannot be used. */
  access(): Promise<Access> {
    const now = Date.now();
    if (!this.#access || now - this.#since > freshMs || now > this.#ends) {
      this.#since = now;
      this.#ends = Number.POSITIVE_INFINITY;
      const access = this.#load();
      this.#access = access;
      // A load that fails late must not take away what a newer one brought.
      access.catch(() => this.#access === access && this.forget());
    }
    return this.#access;
  }

  /** The API server did not accept them. */
  forget(): void {
    this.#access = undefined;
    this.#forgotten = this.#kubectl.forgetCredentials?.();
  }

  get #kubectl(): Partial<KubectlConfiguration> {
    return this.#connection.config as Partial<KubectlConfiguration>;
  }

  async #load(): Promise<Access> {
    const { config, cluster } = this.#connection;
    if (!this.server)
      throw new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the context names no cluster with a server`);
    const options: https.RequestOptions = { headers: {} };
    try {
      await this.#forgotten;
      await config.applyToHTTPSOptions(options);
      this.#ends = this.#kubectl.credentialsEnd?.() ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      throw unusable(this.#connection, error);
    }
    const tls = Object.fromEntries(
      tlsKeys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
    ) as https.AgentOptions;
    return {
      headers: headersOf(options),
      agent: this.#agentFor(tls, options.agent as http.Agent | undefined),
      tls,
    };
  }

  /** Credentials renewed with the same certificate keep their sockets. */
  #agentFor(tls: https.AgentOptions, proxied: http.Agent | undefined): http.Agent {
    const identity = JSON.stringify(tls);
    if (this.#agent?.identity === identity) return this.#agent.agent;
    const pool = { keepAlive: true, maxSockets: 16, noDelay: true } as const;
    const own = this.server.startsWith('http:') ? new http.Agent(pool) : new https.Agent({ ...tls, ...pool });
    // The configuration knows of a proxy that the kubeconfig or the environment names.
    const agent = proxied && leadsThroughProxy({ agent: proxied }) ? proxied : own;
    this.#agent = { agent, identity };
    return agent;
  }
}

function headersOf(options: https.RequestOptions): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (value !== undefined) headers[name] = Array.isArray(value) ? [...value] : String(value).trim();
  if (options.auth) headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return headers;
}

/** What is known of the cause is said with its own code; a library's words may hold a token. */
function unusable({ cluster }: KubeConnection, error: unknown): IsthmusError {
  if (isIsthmusError(error))
    return new IsthmusError(error.code, `${cluster}: ${messageOf(error)}`, { hint: error.hint });
  return new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the kubeconfig's credentials cannot be read`, {
    hint: 'check the certificate, key and token files that the kubeconfig names',
    cause: error,
  });
}
