import ipaddr from 'ipaddr.js';
import { IsthmusError } from '../../errors/index.ts';

export type Family = 'ipv4' | 'ipv6';

/** One address of either family; arithmetic is on `value`, text only at the edges. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A CIDR: its first address and prefix length. */
export interface Block {
  readonly first: Address;
  readonly prefix: number;
}

const bitsOf = (family: Family) => (family === 'ipv4' ? 32 : 128);

/** Number of addresses in a block. */
export const sizeOf = (block: Block): bigint => 1n << BigInt(bitsOf(block.first.family) - block.prefix);

/** Read `10.0.0.1` or `fd00::1`. Throws BUG on anything else, since input was validated before. */
export function parseAddress(text: string): Address {
  if (!ipaddr.isValid(text)) throw new IsthmusError('BUG', `${text} is not an IP address`);
  const parsed = ipaddr.parse(text);
  const value = parsed.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: parsed.kind(), value };
}

/** Shortest usual text: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress({ family, value }: Address): string {
  const length = bitsOf(family) / 8;
  const bytes = Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn));
  return ipaddr.fromByteArray(bytes).toString();
}

/** An address as a host in a URL or before a port: IPv6 goes into brackets. */
export const hostText = (address: Address): string =>
  address.family === 'ipv6' ? `[${formatAddress(address)}]` : formatAddress(address);

/** Prefix length of a single address. */
export const singlePrefix = bitsOf;

/** Read `10.0.0.0/16`; host bits are cut off. */
export function parseBlock(text: string): Block {
  const [address = '', length] = text.split('/');
  const parsed = parseAddress(address);
  const bits = bitsOf(parsed.family);
  const prefix = length === undefined ? bits : Number(length);
  const size = 1n << BigInt(bits - prefix);
  return { first: { family: parsed.family, value: parsed.value - (parsed.value % size) }, prefix };
}

export const formatBlock = (block: Block): string => `${formatAddress(block.first)}/${block.prefix}`;

/** The address `offset` places after the block's first; negative counts from its end. */
export function addressAt(block: Block, offset: number | bigint): Address {
  const at = BigInt(offset);
  return { family: block.first.family, value: block.first.value + (at < 0n ? sizeOf(block) + at : at) };
}

/** The `index`th block of the given prefix inside a wider one. */
export function blockAt(outer: Block, prefix: number, index: number): Block {
  const { family, value } = outer.first;
  const size = 1n << BigInt(bitsOf(family) - prefix);
  return { first: { family, value: value + size * BigInt(index) }, prefix };
}

/** How many blocks of the given prefix a wider one has. */
export const blocksIn = (outer: Block, prefix: number): number => 2 ** Math.max(0, prefix - outer.prefix);

export function overlaps(a: Block, b: Block): boolean {
  if (a.first.family !== b.first.family) return false;
  const [endA, endB] = [a.first.value + sizeOf(a), b.first.value + sizeOf(b)];
  return a.first.value < endB && b.first.value < endA;
}

/** The first part of a block, at most as wide as the given prefix. */
export const narrowed = (block: Block, prefix: number): Block =>
  block.prefix >= prefix ? block : { first: block.first, prefix };
