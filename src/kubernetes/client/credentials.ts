import http from 'node:http';
import https from 'node:https';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
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
    return this.#connection.config.cluster.server.replace(/\/$/, '');
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
    this.#forgotten = this.#connection.config.forgetCredentials?.();
  }

  async #load(): Promise<Access> {
    const { config, cluster } = this.#connection;
    if (!this.server)
      throw new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the context names no cluster with a server`);
    try {
      await this.#forgotten;
      const { headers, tls, agent } = await config.signIn();
      this.#ends = config.credentialsEnd?.() ?? Number.POSITIVE_INFINITY;
      return { headers, agent: this.#agentFor(tls, agent), tls };
    } catch (error) {
      throw unusable(this.#connection, error);
    }
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

/** What is known of the cause is said with its own code; a library's words may hold a token. */
function unusable({ cluster }: KubeConnection, error: unknown): IsthmusError {
  if (isIsthmusError(error))
    return new IsthmusError(error.code, `${cluster}: ${messageOf(error)}`, { hint: error.hint });
  return new IsthmusError('KUBECONFIG_INVALID', `${cluster}: the kubeconfig's credentials cannot be read`, {
    hint: 'check the certificate, key and token files that the kubeconfig names',
    cause: error,
  });
}
