import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

/**
 * Let this process ask one name server for every name, as a machine does whose resolver is AWS's. Node's
 * own connections ask the operating system (`dns.lookup`), which cannot be told, so they are led to the
 * same server. Returns what takes it back.
 */
export function askNameServer(address: string): () => void {
  const before = { servers: dns.getServers(), lookup: dns.lookup };
  ask([address], lookup as typeof dns.lookup);
  return () => ask(before.servers, before.lookup);
}

/** What was imported by its name knows the former server, unless it is told. */
function ask(servers: readonly string[], lookUp: typeof dns.lookup): void {
  dns.setServers(servers);
  dns.lookup = lookUp;
  syncBuiltinESMExports();
}

type Found = (error: Error | null, address?: string | dns.LookupAddress[], family?: number) => void;

/** IPv4 alone, as the rehearsal's zone has; a name that nobody knows fails as `getaddrinfo` does. */
function lookup(host: string, options: dns.LookupOptions, found: Found): void {
  const tell = (address: string, family: number) =>
    options.all ? found(null, [{ address, family }]) : found(null, address, family);
  if (isIP(host)) tell(host, isIP(host));
  else if (host === 'localhost') tell('127.0.0.1', 4);
  else dns.resolve4(host, (error, [address = ''] = []) => (error ? found(error) : tell(address, 4)));
}
