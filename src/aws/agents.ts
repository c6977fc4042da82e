import { readFileSync } from 'node:fs';
import { type AgentOptions, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { IsthmusError, messageOf } from '../errors/index.ts';
import { awsProxy } from './environment-proxy.ts';

/** As many connections to one host as the SDK opens by itself. */
const pool = { keepAlive: true, maxSockets: 50 };

/** Authorities to trust instead of the usual ones. */
interface Authorities {
  readonly ca?: string;
}

/** Ways to AWS as the environment has them: by its proxies, or directly to what it exempts. */
class EnvironmentAgent extends Agent {
  readonly #direct: { readonly http: HttpAgent; readonly https: HttpsAgent };
  readonly #trusted: Authorities;
  readonly #known = new Map<string, HttpAgent>();

  constructor(trusted: Authorities) {
    // What it is made with goes along with each request, also through a proxy.
    super({ ...pool, ...trusted } as AgentOptions);
    this.#trusted = trusted;
    this.#direct = { http: new HttpAgent(pool), https: new HttpsAgent({ ...pool, ...trusted }) };
  }

  override connect(_request: ClientRequest, options: AgentConnectOpts): HttpAgent {
    const scheme = options.secureEndpoint ? 'https' : 'http';
    const { host, port } = options as { readonly host?: string; readonly port: number };
    const proxy = awsProxy(`${scheme}://${host?.includes(':') ? `[${host}]` : host}:${port}`);
    if (proxy === undefined) return this.#direct[scheme];
    const key = `${scheme} ${proxy}`;
    const agent = this.#known.get(key) ?? this.#through(scheme, proxy);
    this.#known.set(key, agent);
    return agent;
  }

  #through(scheme: 'http' | 'https', proxy: string): HttpAgent {
    const options = { ...pool, ...this.#trusted };
    return scheme === 'https' ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
  }
}

let known: { readonly key: string; readonly agent: EnvironmentAgent } | undefined;

/**
 * The agent for every request to AWS, one for all clients; it follows HTTPS_PROXY, HTTP_PROXY, NO_PROXY and
 * AWS_CA_BUNDLE as the aws CLI does. Undefined where the environment has none of them. Throws AWS_REFUSED if the
 * bundle cannot be read.
 */
export function awsAgent(env: NodeJS.ProcessEnv = process.env): Agent | undefined {
  const bundle = env['AWS_CA_BUNDLE'] || undefined;
  const proxied = ['http', 'https'].some(
    (scheme) => env[`${scheme}_proxy`] || env[`${scheme}_proxy`.toUpperCase()],
  );
  if (!bundle && !proxied) return undefined;
  const key = bundle ?? '';
  known =
    known?.key === key ? known : { key, agent: new EnvironmentAgent(bundle ? { ca: read(bundle) } : {}) };
  return known.agent;
}

function read(bundle: string): string {
  try {
    return readFileSync(bundle, 'utf8');
  } catch (error) {
    throw new IsthmusError('AWS_REFUSED', `AWS_CA_BUNDLE ${bundle} cannot be read: ${messageOf(error)}`, {
      hint: 'set AWS_CA_BUNDLE to a PEM file with the authorities to trust, or unset it',
    });
  }
}
