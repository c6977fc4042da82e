import { type AgentOptions, type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { awsAuthorities } from './authorities.ts';
import { awsProxy } from './environment-proxy.ts';

/** As many connections to one host as the SDK opens by itself. */
const pool = { keepAlive: true, maxSockets: 50 };

/** Authorities to trust instead of the usual ones, in PEM. */
interface Trusted {
  readonly ca?: string;
}

/** Ways to AWS as the environment has them: by its proxies, or directly to what it exempts. */
class EnvironmentAgent extends Agent {
  readonly #direct: { readonly http: HttpAgent; readonly https: HttpsAgent };
  readonly #trusted: Trusted;
  readonly #known = new Map<string, HttpAgent>();

  constructor(trusted: Trusted) {
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

/** Made once for each text of authorities, so that all clients share connections. */
const agents = new Map<string, EnvironmentAgent>();

/**
 * The agent for every request to AWS as a profile, which follows HTTPS_PROXY, HTTP_PROXY, NO_PROXY, AWS_CA_BUNDLE and
 * the profile's `ca_bundle` as the aws CLI does. Undefined where there are none of them. Throws AWS_REFUSED if the
 * authorities cannot be read.
 */
export async function awsAgent(
  profile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Agent | undefined> {
  const authorities = await awsAuthorities(profile, env);
  const proxied = ['http', 'https'].some(
    (scheme) => env[`${scheme}_proxy`] || env[`${scheme}_proxy`.toUpperCase()],
  );
  if (!authorities && !proxied) return undefined;
  const ca = authorities?.pem;
  const agent = agents.get(ca ?? '') ?? new EnvironmentAgent(ca === undefined ? {} : { ca });
  agents.set(ca ?? '', agent);
  return agent;
}
