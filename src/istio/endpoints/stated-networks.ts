import { BlockList, isIP, isIPv6 } from 'node:net';
import { parse } from 'yaml';

/** A way into a network that the mesh configuration states: a Service of the network's clusters, or an address. */
export interface StatedEntry {
  /** Full name. */
  readonly service?: string;
  /** IP address or host name. */
  readonly address?: string;
  readonly port: number;
}

/** A network of istiod's `meshNetworks` (istio.io/api mesh/v1alpha1, Network). */
export interface StatedNetwork {
  readonly name: string;
  /** Clusters that are in it. */
  readonly registries: readonly string[];
  /** Blocks of addresses of pods that are in it. */
  readonly cidrs: readonly string[];
  readonly entries: readonly StatedEntry[];
}

/** What one istiod is told of networks beside the labels of Namespaces and Services. */
export interface MeshNetworks {
  readonly stated: readonly StatedNetwork[];
  /** Why istiod takes none of it. */
  readonly fault?: string;
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * As istiod reads the key `meshNetworks` of its ConfigMap: whole, or not at all (istio.io/istio pkg/config/mesh,
 * ParseMeshNetworks).
 */
export function meshNetworksOf(text: string | undefined): MeshNetworks {
  try {
    const { networks } = (parse(text ?? '') ?? {}) as { networks?: Record<string, Raw | null> | null };
    const stated = Object.entries(networks ?? {}).map(([name, one]) => networkOf(name, one ?? {}));
    return { stated: stated.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  } catch (error) {
    return { stated: [], fault: (error as Error).message.split('\n')[0] ?? '' };
  }
}

function networkOf(name: string, raw: Raw): StatedNetwork {
  const endpoints = listOf(raw, 'endpoints');
  const registries = endpoints.flatMap((one) => textOf(one, 'fromRegistry') ?? []);
  const cidrs = endpoints.flatMap((one) => textOf(one, 'fromCidr') ?? []);
  const entries = listOf(raw, 'gateways').map((one) => entryOf(name, one));
  refuse(
    `network ${name}: no name of a cluster`,
    registries.find((one) => !isLabel(one)),
  );
  refuse(
    `network ${name}: no block of addresses`,
    cidrs.find((one) => !isBlock(one)),
  );
  refuse(
    `network ${name}: no full name`,
    entries.flatMap(({ service }) => service ?? []).find((one) => !isName(one)),
  );
  const hosts = entries.flatMap(({ address }) => address ?? []);
  refuse(
    `network ${name}: neither address nor name`,
    hosts.find((one) => !isIP(one) && !isName(one)),
  );
  return { name, registries, cidrs, entries };
}

/** What istiod validates (pkg/config/validation/agent, validateNetwork). */
function refuse(why: string, wrong: string | undefined): void {
  if (wrong !== undefined) throw new Error(`${why}: ${wrong}`);
}

const isLabel = (text: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/i.test(text);
const isName = (text: string): boolean =>
  text.length <= 255 && text.replace(/\.$/, '').split('.').every(isLabel);

function isBlock(text: string): boolean {
  const [address = '', prefix = '0', ...more] = text.split('/');
  const most = isIPv6(address) ? 128 : 32;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= most && more.length === 0;
}

function entryOf(network: string, raw: Raw): StatedEntry {
  const port = Number(raw['port']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`network ${network}: no port from 1 to 65535: ${raw['port'] ?? 'none'}`);
  const service = textOf(raw, 'registryServiceName');
  const address = textOf(raw, 'address');
  return { ...(service ? { service } : {}), ...(address ? { address } : {}), port };
}

const listOf = (raw: Raw, name: string): readonly Raw[] => (raw[name] ?? []) as readonly Raw[];

/** Fields may be named as in JSON or as in the protocol buffer. */
function textOf(raw: Raw, name: string): string | undefined {
  const value = raw[name] ?? raw[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
  return value ? String(value) : undefined;
}

/**
 * The network of a cluster whose namespace of istiod has no label: by the cluster's name, else by an address of its
 * pods, of which the widest block decides (istio.io/istio, networkFromMeshNetworks).
 */
export function networkStatedFor(
  networks: readonly StatedNetwork[],
  { cluster, podIP }: { readonly cluster: string | undefined; readonly podIP?: string | undefined },
): string | undefined {
  const byName = networks.find(({ registries }) => cluster !== undefined && registries.includes(cluster));
  if (byName || podIP === undefined) return byName?.name;
  const blocks = networks.flatMap(({ name, cidrs }) => cidrs.map((cidr) => ({ name, cidr })));
  const around = blocks.filter(({ cidr }) => contains(cidr, podIP));
  return around.sort((a, b) => prefixOf(a.cidr) - prefixOf(b.cidr))[0]?.name;
}

const prefixOf = (cidr: string): number => Number(cidr.split('/')[1]);

/** A single address is no block to istiod. */
function contains(cidr: string, address: string): boolean {
  const [block = '', prefix] = cidr.split('/');
  if (prefix === undefined) return false;
  const familyOf = (one: string) => (isIPv6(one) ? 'ipv6' : 'ipv4');
  const list = new BlockList();
  list.addSubnet(block, Number(prefix), familyOf(block));
  return list.check(address, familyOf(address));
}

/** A Service that networks name as a way into a cluster. */
export interface NamedEntry {
  readonly network: string;
  /** Full name. */
  readonly service: string;
  readonly port: number;
}

/** Services of one cluster that are gateways by their names; only for networks that name the cluster as theirs. */
export const namedEntries = (networks: readonly StatedNetwork[], cluster: string): NamedEntry[] =>
  networks
    .filter(({ registries }) => registries.includes(cluster))
    .flatMap(({ name, entries }) =>
      entries.flatMap(({ service, port }) => (service ? [{ network: name, service, port }] : [])),
    );

/** Ways into networks by addresses, which are of no cluster. */
export const addressEntries = (networks: readonly StatedNetwork[]) =>
  networks.flatMap(({ name, entries }) =>
    entries.flatMap(({ address, port }) => (address ? [{ network: name, host: address, port }] : [])),
  );
