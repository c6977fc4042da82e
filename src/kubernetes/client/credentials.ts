import http from 'node:http';
import https from 'node:https';
import { IsthmusError } from '../../errors/index.ts';
import type { KubeConnection } from '../types.ts';

/** What a request to the API server carries besides itself. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: http.Agent;
  /** For connections that do not go through the agent, such as WebSockets. */
  readonly tls: Readonly<https.AgentOptions>;
}

/** Where an API server is and what it takes for a caller. */
export interface ApiCredentials {
  /** Address without a slash at its end. */
  readonly server: string;
  access(): Promise<Access>;
  /** They were not accepted: the next {@link access} reads them anew. */
  forget(): void;
}

const tlsKeys = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

/** Exec plugins are asked again after this long, in case their credentials have been renewed. */
const freshMs = 60_000;

/** Credentials of a kubeconfig, kept until they may be stale, with one pool of kept-alive sockets. */
export class Credentials implements ApiCredentials {
  readonly #connection: KubeConnection;
  #access: Promise<Access> | undefined;
  #agent: { agent: http.Agent; identity: string } | undefined;
  #since = 0;

  constructor(connection: KubeConnection) {
    this.#connection = connection;
  }

  get server(): string {
    return this.#connection.config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
  }

  /** Throws KUBECONFIG_INVALID if the kubeconfig's credentials cannot be used. */
  access(): Promise<Access> {
    if (!this.#access || Date.now() - this.#since > freshMs) {
      this.#since = Date.now();
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
  }

  async #load(): Promise<Access> {
    const { config, cluster } = this.#connection;
    if (!this.server)
      throw new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the context names no cluster with a server`);
    const options: https.RequestOptions = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw unusable(this.#connection, error);
    }
    const tls = Object.fromEntries(
      tlsKeys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])),
    ) as https.AgentOptions;
    return { headers: headersOf(options), agent: this.#agentFor(tls, options.agent as http.Agent), tls };
  }

  /** Credentials renewed with the same certificate keep their sockets. */
  #agentFor(tls: https.AgentOptions, proxied: http.Agent): http.Agent {
    const { config } = this.#connection;
    const identity = JSON.stringify(tls);
    if (this.#agent?.identity === identity) return this.#agent.agent;
    const pool = { keepAlive: true, maxSockets: 16, noDelay: true } as const;
    const own = this.server.startsWith('http:') ? new http.Agent(pool) : new https.Agent({ ...tls, ...pool });
    const agent = config.getCurrentCluster()?.proxyUrl ? proxied : own;
    this.#agent = { agent, identity };
    return agent;
  }
}

function headersOf(options: https.RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (value !== undefined) headers[name] = String(value).trim();
  if (options.auth) headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return headers;
}

/** The plugin's own words may hold a token, so that only its name is said. */
function unusable({ cluster, config }: KubeConnection, error: unknown): IsthmusError {
  const plugin = (config.getCurrentUser() as { exec?: { command?: string } } | null)?.exec?.command;
  if (!plugin)
    return new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the kubeconfig's credentials cannot be read`, {
      hint: 'check the certificate, key and token files that the kubeconfig names',
      cause: error,
    });
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new IsthmusError(
    missing ? 'TOOL_MISSING' : 'CLUSTER_UNREACHABLE',
    `${cluster}: the credential plugin ${plugin} ${missing ? 'is not installed' : 'failed'}`,
    {
      hint: missing ? `install ${plugin}` : `run ${plugin} by hand as the kubeconfig does, and log in again`,
    },
  );
}
