import {
  type Address,
  type Cidr,
  cidrOf,
  type IpFamily,
  type LocalClusterSpec,
  localCidrs,
  serviceCidrs,
} from '../../topology/index.ts';

interface FamilyPlan {
  /** Where meshes get their subnets, each of the same index in both families. */
  readonly pool: Cidr;
  readonly meshPrefix: number;
  readonly nodePrefix: number;
  readonly podPrefix: number;
  /** Services of every cluster of this family. */
  readonly services: Cidr;
}

/**
 * IPv4: shared address space of RFC 6598, which no VPC, home or office network uses. IPv6: a unique
 * local prefix (RFC 4193) whose nodes and load balancers have the same places as in IPv4.
 */
export const families: Readonly<Record<IpFamily, FamilyPlan>> = {
  ipv4: {
    pool: localCidrs.ipv4,
    meshPrefix: 20,
    nodePrefix: 26,
    podPrefix: 20,
    services: serviceCidrs.ipv4,
  },
  ipv6: {
    pool: localCidrs.ipv6,
    meshPrefix: 64,
    nodePrefix: 122,
    podPrefix: 112,
    services: serviceCidrs.ipv6,
  },
};
const allFamilies = ['ipv4', 'ipv6'] as const;
/** As many as the narrower pool has. */
const meshCount = families.ipv4.pool.blocks(families.ipv4.meshPrefix);
const nodeCount = 2 ** (families.ipv4.nodePrefix - families.ipv4.meshPrefix);

/**
 * Second addresses of pods in IPv6 clusters, with which they reach IPv4 and are not reached. Istio
 * takes a link-local address for no family of a proxy.
 */
export const egressBlock = cidrOf('169.254.172.0/22');

/** The first subnet that is free in all wanted families, or undefined if the whole pool is taken. */
export function freeSubnet(taken: readonly Cidr[], wanted: readonly IpFamily[]): number | undefined {
  for (let index = 0; index < meshCount; index += 1) {
    const candidates = wanted.map((family) => meshSubnet(index, family));
    if (!taken.some((block) => candidates.some((one) => block.overlaps(one)))) return index;
  }
  return undefined;
}

export const meshSubnet = (index: number, family: IpFamily): Cidr =>
  families[family].pool.block(families[family].meshPrefix, index);

/** The mesh's own end, which the nodes use as their gateway to IPv4. */
export const bridgeAddress = (subnet: Cidr): Address => subnet.at(1);

/** The first free node block; the one at 0 holds the bridge's address. Undefined if all are taken. */
export function freeNodeBlock(taken: readonly number[]): number | undefined {
  for (let index = 1; index < nodeCount; index += 1) if (!taken.includes(index)) return index;
  return undefined;
}

/** What a node has on the mesh's bridge in one family. */
export interface Uplink {
  readonly subnet: Cidr;
  /** The bridge's own address. */
  readonly gateway: Address;
  /** The node and its load balancers; nobody else takes addresses from it. */
  readonly block: Cidr;
  readonly node: Address;
}

/** Everything that has an address in one cluster. */
export interface NodeAddressing {
  /** IPv4 always, IPv6 if this or a peer's cluster is of that family. */
  readonly uplinks: Readonly<{ ipv4: Uplink; ipv6?: Uplink }>;
  /** Of the cluster's family, as all that follow. */
  readonly node: Address;
  readonly pods: Cidr;
  readonly services: Cidr;
  readonly dns: Address;
  /** Address blocks of load balancers, the cluster's own family first. */
  readonly balancers: readonly Cidr[];
  /** Blocks of the families in which nobody reaches load balancers, or no longer. */
  readonly unused: readonly Cidr[];
}

export function nodeAddressing(
  subnetIndex: number,
  blockIndex: number,
  cluster: LocalClusterSpec,
): NodeAddressing {
  const uplink = (family: IpFamily) => uplinkAt(meshSubnet(subnetIndex, family), blockIndex);
  const { ipFamily, gatewayFamilies } = cluster;
  const { podPrefix, services } = families[ipFamily];
  return {
    uplinks: { ipv4: uplink('ipv4'), ...(needsIPv6(cluster) ? { ipv6: uplink('ipv6') } : {}) },
    node: uplink(ipFamily).node,
    pods: cluster.cidr.narrowed(podPrefix),
    services,
    dns: services.at(10),
    balancers: gatewayFamilies.map((family) => uplink(family).block),
    unused: allFamilies.filter((family) => !gatewayFamilies.includes(family)).map((one) => uplink(one).block),
  };
}

/** Does anybody reach this cluster by IPv6? Otherwise it runs on a kernel without. */
export const needsIPv6 = ({ gatewayFamilies }: Pick<LocalClusterSpec, 'gatewayFamilies'>): boolean =>
  gatewayFamilies.includes('ipv6');

/** What the bridge and the nodes have addresses of; IPv4 always, for the way out. */
export const familiesOf = (cluster: Pick<LocalClusterSpec, 'gatewayFamilies'>): readonly IpFamily[] =>
  needsIPv6(cluster) ? ['ipv4', 'ipv6'] : ['ipv4'];

function uplinkAt(subnet: Cidr, blockIndex: number): Uplink {
  const block = subnet.block(families[subnet.family].nodePrefix, blockIndex);
  return { subnet, gateway: bridgeAddress(subnet), block, node: block.at(1) };
}

/** Who wants a load-balancer address and which one it has, if any. */
export interface AddressClaim {
  readonly key: string;
  readonly current: string | undefined;
}

/**
 * One address per claim out of the node's block, after the node's own. Claims keep what they have
 * when it is theirs to have; the oldest name wins a tie. A claim without room is absent.
 */
export function allocateAddresses(block: Cidr, claims: readonly AddressClaim[]): Map<string, string> {
  const last = block.size - 2n;
  const usable: string[] = [];
  for (let offset = 2n; offset <= last; offset += 1n) usable.push(String(block.at(offset)));
  const free = new Set(usable);
  const given = new Map<string, string>();
  const sorted = [...claims].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, current } of sorted) {
    if (current !== undefined && free.delete(current)) given.set(key, current);
  }
  for (const { key } of sorted) {
    const [next] = free;
    if (given.has(key) || next === undefined) continue;
    free.delete(next);
    given.set(key, next);
  }
  return given;
}

/**
 * Address with the length of its subnet, as `ip address add` takes it. Nobody else has addresses of
 * the mesh, so an IPv6 one does not wait to be found unique.
 */
export const onLink = (address: Address, subnet: Cidr): string =>
  `${address}/${subnet.prefix}${address.family === 'ipv6' ? ' nodad' : ''}`;
