import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
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

/** How connections are made, without who asks. */
type Ways = Pick<Access, 'agent' | 'tls'>;

/** Where an API server is and what it takes for a caller. */
export interface ApiCredentials {
  /** Address without a slash at its end. */
  readonly server: string;
  access(): Promise<Access>;
  /** What {@link access} would give, if that is known without asking anybody. */
  known?(): Access | undefined;
  /** They were not accepted: the next {@link access} reads them anew. */
  forget(): void;
}

/** Files are read again after this long, in case their credentials have been renewed. */
const freshMs = 60_000;

/** Credentials of a kubeconfig, kept until they may be stale, with one pool of kept-alive sockets. */
export class Credentials implements ApiCredentials {
  readonly #connection: KubeConnection;
  #access: Promise<Access> | undefined;
  #known: Access | undefined;
  #ways: { ways: Ways; identity: string } | undefined;
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
    if (!this.#access || this.#areStale()) {
      this.#since = Date.now();
      this.#ends = Number.POSITIVE_INFINITY;
      const access = this.#load();
      this.#access = access;
      this.#known = undefined;
      void this.#follow(access);
    }
    return this.#access;
  }

  /** A load that ends late must not take away what a newer one brought. */
  async #follow(access: Promise<Access>): Promise<void> {
    try {
      const known = await access;
      if (this.#access === access) this.#known = known;
    } catch {
      if (this.#access === access) this.forget();
    }
  }

  known(): Access | undefined {
    return this.#areStale() ? undefined : this.#known;
  }

  #areStale(): boolean {
    const now = Date.now();
    return now - this.#since > freshMs || now > this.#ends;
  }

  /** The API server did not accept them. */
  forget(): void {
    this.#access = undefined;
    this.#known = undefined;
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
      return { headers, ...this.#waysFor(tls, agent) };
    } catch (error) {
      throw unusable(this.#connection, error);
    }
  }

  /** Credentials renewed with the same certificate keep their sockets. */
  #waysFor(tls: https.AgentOptions, proxied: http.Agent | undefined): Ways {
    const identity = JSON.stringify(tls);
    if (this.#ways?.identity === identity) return this.#ways.ways;
    const ways = this.#newWays(tls, proxied);
    this.#ways = { ways, identity };
    return ways;
  }

  #newWays(tls: https.AgentOptions, proxied: http.Agent | undefined): Ways {
    // The configuration knows of a proxy that the kubeconfig or the environment names.
    if (proxied && leadsThroughProxy({ agent: proxied })) return { agent: proxied, tls };
    const pool = { keepAlive: true, maxSockets: 16, noDelay: true } as const;
    if (this.server.startsWith('http:')) return { agent: new http.Agent(pool), tls };
    const parsed = withContext(tls);
    return { agent: new https.Agent({ ...parsed, ...pool }), tls: parsed };
  }
}

/** Otherwise each connection parses authorities, certificate and key anew. Throws what those that are broken do. */
function withContext({ ca, cert, key, ...others }: https.AgentOptions): https.AgentOptions {
  return { ...others, secureContext: createSecureContext({ ca, cert, key }) };
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
