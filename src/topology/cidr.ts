import ipaddr from 'ipaddr.js';

/** A block of addresses; `first` and `last` are the addresses as numbers, inclusive. */
export interface Cidr {
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
  /** As written, lower case. */
  readonly text: string;
}

/** What is wrong with a CIDR and what it should perhaps be. */
export interface CidrFault {
  readonly fault: string;
  readonly hint: string;
}

/** Addresses of Kubernetes Services in every cluster that isthmus makes; those of IPv6 are `local`'s. */
export const serviceCidrs = { ipv4: '172.20.0.0/16', ipv6: 'fd69:7374:686d:ffff::/112' } as const;
/** Where nodes and load balancers of local clusters get their addresses. */
export const localCidrs = { ipv4: '100.64.0.0/10', ipv6: 'fd69:7374:686d::/48' } as const;

/**
 * Read `address/prefix`, strictly: four decimal parts for IPv4, no host bits, no zone. A fault instead
 * of an exception, since the caller knows the place in the file.
 */
export function parseCidr(text: string): Cidr | CidrFault {
  const parts = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text);
  const family = parts?.[1] && familyOf(parts[1]);
  if (!parts?.[1] || !family)
    return { fault: 'is not a CIDR', hint: 'write address/prefix, for instance 10.1.0.0/16' };
  const bits = family === 'ipv4' ? 32 : 128;
  const prefix = Number(parts[2]);
  if (prefix > bits)
    return {
      fault: 'is not a CIDR',
      hint: `the prefix of an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} block is at most ${bits}`,
    };
  const address = numberOf(parts[1]);
  const size = 1n << BigInt(bits - prefix);
  const first = address - (address % size);
  if (first !== address)
    return {
      fault: 'has bits set behind its prefix',
      hint: `write ${addressText(first, bits)}/${prefix}`,
    };
  return { family, prefix, first, last: first + size - 1n, text: text.toLowerCase() };
}

/** True for what {@link parseCidr} could read. */
export const isCidr = (parsed: Cidr | CidrFault): parsed is Cidr => 'first' in parsed;

/** Do two blocks share an address? Blocks of different families never do. */
export const overlaps = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

function familyOf(address: string): Cidr['family'] | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return 'ipv4';
  return ipaddr.IPv6.isValid(address) ? 'ipv6' : undefined;
}

const numberOf = (address: string): bigint =>
  ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function addressText(value: bigint, bits: number): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) =>
    Number((value >> BigInt(bits - 8 * (index + 1))) & 0xffn),
  );
  return ipaddr.fromByteArray(bytes).toString();
}
