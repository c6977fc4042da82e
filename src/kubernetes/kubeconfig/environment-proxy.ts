import { BlockList, isIP, isIPv6 } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy of the environment for an address, by the rules that kubectl takes from Go
 * (golang.org/x/net/http/httpproxy): HTTPS_PROXY or HTTP_PROXY by the address's scheme, none for this machine
 * itself, nor for what NO_PROXY names: hosts with the hosts below them, addresses, blocks, and `*`.
 */
export function environmentProxy(server: string, env: Environment = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const either = (name: string) => env[name] || env[name.toLowerCase()];
  const proxy = either(protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy || isLoopback(host)) return undefined;
  const own = { host, port: port || (protocol === 'https:' ? '443' : '80') };
  const exempt = (either('NO_PROXY') ?? '').split(',').some((entry) => matches(entry.trim(), own));
  if (exempt) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) > 0 && loopback.check(host, familyOf(host)));

function matches(entry: string, { host, port }: { readonly host: string; readonly port: string }): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const block = /^([0-9a-f.:]+)\/(\d+)$/i.exec(entry);
  if (block) return isIP(host) > 0 && inBlock(host, block[1] ?? '', Number(block[2]));
  // Brackets are for a port: without one they make no address.
  const [, bracketed, plainly, wanted] = isIPv6(entry)
    ? [entry, entry]
    : (/^(?:\[(.*)\](?=:\d+$)|(.*?))(?::(\d+))?$/.exec(entry) ?? []);
  const name = bracketed ?? plainly ?? '';
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name)) return isIP(host) > 0 && isSame(name, host);
  // An address has no hosts below it.
  if (isIP(host)) return false;
  const plain = name.toLowerCase().replace(/^\*(?=\.)/, '');
  // With a dot in front only the hosts below it are meant.
  return plain.startsWith('.') ? host.endsWith(plain) : host === plain || host.endsWith(`.${plain}`);
}

function inBlock(host: string, first: string, prefix: number): boolean {
  if (isIP(first) !== isIP(host) || prefix > (isIPv6(first) ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(first, prefix, familyOf(first));
  return list.check(host, familyOf(host));
}

/** One address, however it is written. */
const isSame = (one: string, other: string): boolean => inBlock(other, one, isIPv6(one) ? 128 : 32);
