import type http from 'node:http';
import type https from 'node:https';
import { IsthmusError } from '../../errors/index.ts';

/** As the way without a proxy keeps its connections. */
const pool = { keepAlive: true, maxSockets: 16 } as const;

/**
 * An agent that leads to a server by a proxy as Go's client does: a tunnel to HTTPS, whole addresses to plain HTTP,
 * and a SOCKS5 proxy is told the server's name, which may mean something to it alone. A proxy that is reached by
 * TLS itself is held to the same authorities as the server. Throws CLUSTER_UNREACHABLE for what is no proxy.
 */
export async function proxyAgent(
  proxy: string,
  server: string,
  tls: https.AgentOptions,
): Promise<http.Agent> {
  const scheme = /^(https?|socks5h?):\/\//i.exec(proxy)?.[1]?.toLowerCase();
  if (scheme === undefined || !URL.canParse(proxy))
    throw new IsthmusError('CLUSTER_UNREACHABLE', `the proxy that is to lead to ${server} is no address`, {
      hint: 'correct HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY',
    });
  const options = { ...tls, ...pool };
  const { HttpProxyAgent, HttpsProxyAgent, SocksProxyAgent } = await import('../proxy-agents.ts');
  if (scheme.startsWith('socks')) return new SocksProxyAgent(proxy.replace(/^[^:]+/, 'socks5h'), options);
  if (server.startsWith('http:')) return new HttpProxyAgent(proxy, options);
  const agent = new HttpsProxyAgent(proxy, options);
  // By itself it is held to these with the proxy alone, not with the server behind it.
  const connect = agent.connect.bind(agent);
  agent.connect = (request, way) => connect(request, { ...way, ...tls } as typeof way);
  return agent;
}
