import ipaddr from 'ipaddr.js';
import { IsthmusError } from '../errors/index.ts';

/** Of an address, or of a cluster's pods and Services. */
export type IpFamily = 'ipv4' | 'ipv6';

/** Families as people write them. */
export const familyLabel = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

/** Length of an address, and so the prefix of a block that is one address. */
export const bitsOf = (family: IpFamily): 32 | 128 => (family === 'ipv4' ? 32 : 128);

const sizeOf = (family: IpFamily, prefix: number): bigint => 1n << BigInt(bitsOf(family) - prefix);

/** One address of either family; arithmetic is on `value`, text only at the edges. */
export class Address {
  readonly family: IpFamily;
  readonly value: bigint;

  /** @param value the address as an unsigned number of 32 or 128 bits; not checked */
  constructor(family: IpFamily, value: bigint) {
    this.family = family;
    this.value = value;
  }

  /** Shortest usual text: dotted for IPv4, RFC 5952 for IPv6. */
  toString(): string {
    const length = bitsOf(this.family) / 8;
    const bytes = Array.from({ length }, (_, at) =>
      Number((this.value >> BigInt(8 * (length - 1 - at))) & 0xffn),
    );
    return ipaddr.fromByteArray(bytes).toString();
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString();
  }
}

/** A block of addresses without host bits. In text and JSON it is `address/prefix`. */
export class Cidr {
  readonly first: Address;
  readonly prefix: number;

  /** Host bits of the address are cut off; `prefix` is from 0 to 32 or 128 and not checked. */
  constructor({ family, value }: Address, prefix: number) {
    this.prefix = prefix;
    this.first = new Address(family, value - (value % sizeOf(family, prefix)));
  }

  /** Of its addresses. */
  get family(): IpFamily {
    return this.first.family;
  }

  /** Number of addresses. */
  get size(): bigint {
    return sizeOf(this.family, this.prefix);
  }

  /** Blocks of different families never share an address. */
  overlaps(other: Cidr): boolean {
    if (this.family !== other.family) return false;
    const [a, b] = [this.first.value, other.first.value];
    return a < b + other.size && b < a + this.size;
  }

  /** False for every address of the other family. */
  contains({ family, value }: Address): boolean {
    return family === this.family && value >= this.first.value && value < this.first.value + this.size;
  }

  /** The address `offset` places after the first; negative counts from the end. */
  at(offset: number | bigint): Address {
    const places = BigInt(offset);
    return new Address(this.family, this.first.value + (places < 0n ? this.size + places : places));
  }

  /** The `index`th block of a longer prefix inside this one. */
  block(prefix: number, index: number): Cidr {
    return new Cidr(this.at(sizeOf(this.family, prefix) * BigInt(index)), prefix);
  }

  /** How many blocks of a longer prefix it has. */
  blocks(prefix: number): number {
    return 2 ** Math.max(0, prefix - this.prefix);
  }

  /** Its first part, at most as wide as the prefix. */
  narrowed(prefix: number): Cidr {
    return this.prefix >= prefix ? this : new Cidr(this.first, prefix);
  }

  /** `address/prefix`. */
  toString(): string {
    return `${this.first}/${this.prefix}`;
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString();
  }
}

/** What is wrong with a CIDR and what it should perhaps be. */
export interface CidrFault {
  readonly fault: string;
  readonly hint: string;
}

/**
 * Read what a person wrote as `address/prefix`, strictly: four decimal parts for IPv4, no host bits, no
 * zone. A fault instead of an exception, since the caller knows the place in the file.
 */
export function parseCidr(text: string): Cidr | CidrFault {
  const [, host, length] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = host === undefined ? undefined : strictAddress(host);
  if (!address) return { fault: 'is not a CIDR', hint: 'write address/prefix, for instance 10.1.0.0/16' };
  const { family } = address;
  const prefix = Number(length);
  if (prefix > bitsOf(family))
    return {
      fault: 'is not a CIDR',
      hint: `the prefix of an ${familyLabel[family]} block is at most ${bitsOf(family)}`,
    };
  const cidr = new Cidr(address, prefix);
  if (cidr.first.value === address.value) return cidr;
  return { fault: 'has bits set behind its prefix', hint: `write ${cidr}` };
}

/** True for what {@link parseCidr} could read. */
export const isCidr = (parsed: Cidr | CidrFault): parsed is Cidr => parsed instanceof Cidr;

/** Read an address that a program wrote. Throws BUG on anything else. */
export function parseAddress(text: string): Address {
  if (!ipaddr.isValid(text)) throw new IsthmusError('BUG', `${text} is not an IP address`);
  return addressOf(ipaddr.parse(text));
}

/** Read a block, or one address, that a program wrote; host bits are cut off. Throws BUG on anything else. */
export function cidrOf(text: string): Cidr {
  const [host = '', length] = text.split('/');
  const address = parseAddress(host);
  const prefix = length === undefined ? bitsOf(address.family) : Number(length);
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= bitsOf(address.family))
    return new Cidr(address, prefix);
  throw new IsthmusError('BUG', `${text} is not a CIDR`);
}

/** `address:port` as programs take it: an IPv6 address goes into brackets, a name stays as it is. */
export const hostPort = ({ address, port }: { address: Address | string; port: number }): string => {
  const host = String(address);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
};

/** Addresses of Kubernetes Services in every cluster that isthmus makes; those of IPv6 are `local`'s. */
export const serviceCidrs = {
  ipv4: cidrOf('172.20.0.0/16'),
  ipv6: cidrOf('fd69:7374:686d:ffff::/112'),
} as const;

/** Where nodes and load balancers of local clusters get their addresses. */
export const localCidrs = { ipv4: cidrOf('100.64.0.0/10'), ipv6: cidrOf('fd69:7374:686d::/48') } as const;

function addressOf(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  const value = parsed.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return new Address(parsed.kind(), value);
}

function strictAddress(text: string): Address | undefined {
  const valid = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  return valid ? addressOf(ipaddr.parse(text)) : undefined;
}
