import { describe, expect, it } from 'vitest';
import { type Cidr, isCidr, overlaps, parseCidr } from '../../../src/topology/index.ts';

function block(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!isCidr(parsed)) throw new Error(`${text} ${parsed.fault}`);
  return parsed;
}

describe('parseCidr', () => {
  it.each([
    ['10.1.0.0/16', 'ipv4', 65_536n],
    ['0.0.0.0/0', 'ipv4', 2n ** 32n],
    ['192.0.2.1/32', 'ipv4', 1n],
    ['FD00::/64', 'ipv6', 2n ** 64n],
    ['::/0', 'ipv6', 2n ** 128n],
  ])('%s is %s', (text, family, size) => {
    const parsed = block(text);
    expect(parsed.family).toBe(family);
    expect(parsed.last - parsed.first + 1n).toBe(size);
  });

  it.each([
    '',
    '10.1.0.0',
    '10.1/16',
    '0x0a.1.0.0/16',
    '10.1.0.256/32',
    'fe80::1%eth0/64',
    '10.0.0.0/8/8',
    '::/129',
    'fd00::/-1',
    ' 10.0.0.0/8',
  ])('%j is none', (text) => {
    expect(parseCidr(text)).toMatchObject({ fault: 'is not a CIDR' });
  });
});

describe('overlaps', () => {
  it.each([
    ['10.1.0.0/16', '10.1.255.0/24', true],
    ['10.1.0.0/16', '10.2.0.0/16', false],
    ['10.0.0.0/15', '10.1.0.0/16', true],
    ['0.0.0.0/0', '::/0', false],
    ['fd00::/48', 'fd00:0:0:ffff::/64', true],
    ['fd00::/48', 'fd00:0:1::/48', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlaps(block(a), block(b))).toBe(expected);
    expect(overlaps(block(b), block(a))).toBe(expected);
  });
});
