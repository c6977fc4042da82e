type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that leads to an address by the rules of the aws CLI, which are those of Python's urllib.request:
 * `https_proxy` or `http_proxy` by the address's scheme, in lower case before upper; `no_proxy` names hosts, each with
 * the hosts below it and whether or not a dot is in front, or everything as `*`. Unlike kubectl's rules, it knows no
 * blocks of addresses, and this machine is no exception.
 * @returns its URL, perhaps with a password in it; undefined if the address is reached directly
 */
export function awsProxy(address: string, env: Environment = process.env): string | undefined {
  const { protocol, host, hostname } = new URL(address);
  const scheme = protocol.replace(/:$/, '');
  // A CGI script gets a request's header Proxy as HTTP_PROXY.
  if (scheme === 'http' && env['REQUEST_METHOD'] !== undefined && env['http_proxy'] === undefined)
    return undefined;
  const proxy = setting(env, `${scheme}_proxy`);
  if (!proxy || exempts(setting(env, 'no_proxy') ?? '', [hostname, host])) return undefined;
  return /^https?:/.test(proxy) ? proxy : `http://${proxy.replace(/^\/\//, '')}`;
}

/** An empty one in lower case takes that in upper case away. */
const setting = (env: Environment, name: string): string | undefined => env[name] ?? env[name.toUpperCase()];

function exempts(list: string, hosts: readonly string[]): boolean {
  if (list === '*') return true;
  const names = list.split(',').map((entry) => entry.trim().replace(/^\.+/, '').toLowerCase());
  return names.some(
    (name) => name !== '' && hosts.some((host) => host === name || host.endsWith(`.${name}`)),
  );
}
