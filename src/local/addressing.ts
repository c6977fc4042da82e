import type { LocalClusterSpec } from '../topology/index.ts';
import {
  type Address,
  addressAt,
  type Block,
  blockAt,
  blocksIn,
  formatAddress,
  narrowed,
  overlaps,
  parseBlock,
  sizeOf,
} from './address.ts';

/** Shared address space of RFC 6598: no VPC, home or office network uses it. */
export const pool = parseBlock('100.64.0.0/10');
const meshPrefix = 20;
const nodePrefix = 26;
const podPrefix = 20;

export const serviceBlock = parseBlock('172.20.0.0/16');
/** The cluster's DNS server, at the same place in every cluster. */
export const dnsAddress = addressAt(serviceBlock, 10);

/** The first free subnet for a mesh, or undefined if the whole pool is taken. */
export function freeSubnet(taken: readonly Block[]): number | undefined {
  for (let index = 0; index < blocksIn(pool, meshPrefix); index += 1) {
    const candidate = meshSubnet(index);
    if (!taken.some((block) => overlaps(block, candidate))) return index;
  }
  return undefined;
}

export const meshSubnet = (index: number): Block => blockAt(pool, meshPrefix, index);

/** The mesh's own end, which the nodes use as their gateway. */
export const bridgeAddress = (subnet: Block): Address => addressAt(subnet, 1);

/** The first free node block; the one at 0 holds the bridge's address. Undefined if all are taken. */
export function freeNodeBlock(taken: readonly number[]): number | undefined {
  for (let index = 1; index < 2 ** (nodePrefix - meshPrefix); index += 1)
    if (!taken.includes(index)) return index;
  return undefined;
}

/** Everything that has an address in one cluster. */
export interface NodeAddressing {
  readonly subnet: Block;
  readonly gateway: Address;
  /** The node and its load balancers; nobody else takes addresses from it. */
  readonly block: Block;
  readonly node: Address;
  readonly pods: Block;
  readonly services: Block;
  readonly dns: Address;
}

export function nodeAddressing(
  subnetIndex: number,
  blockIndex: number,
  cluster: LocalClusterSpec,
): NodeAddressing {
  const subnet = meshSubnet(subnetIndex);
  const block = blockAt(subnet, nodePrefix, blockIndex);
  return {
    subnet,
    gateway: bridgeAddress(subnet),
    block,
    node: addressAt(block, 1),
    pods: narrowed(parseBlock(cluster.cidr ?? '10.0.0.0/16'), podPrefix),
    services: serviceBlock,
    dns: dnsAddress,
  };
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
export function allocateAddresses(block: Block, claims: readonly AddressClaim[]): Map<string, string> {
  const last = sizeOf(block) - 2n;
  const usable: string[] = [];
  for (let offset = 2n; offset <= last; offset += 1n) usable.push(formatAddress(addressAt(block, offset)));
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

/** Address with the length of its subnet, as `ip address add` takes it. */
export const onLink = (address: Address, subnet: Block): string =>
  `${formatAddress(address)}/${subnet.prefix}`;
