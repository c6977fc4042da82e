import { describe, expect, it } from 'vitest';
import { cidrOf, hostPort, parseAddress } from '../../../src/topology/index.ts';
import { type Cidr, isCidr, parseCidr } from '../../../src/topology/ip.ts';

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
    expect(parsed.size).toBe(size);
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
    expect(block(a).overlaps(block(b))).toBe(expected);
    expect(block(b).overlaps(block(a))).toBe(expected);
  });
});

describe('Address', () => {
  it.each(['0.0.0.0', '100.64.0.65', '255.255.255.255', '::', 'fd00::1', '2001:db8::ff00:42:8329'])(
    '%s survives text',
    (text) => {
      expect(String(parseAddress(text))).toBe(text);
      expect(JSON.stringify({ text: parseAddress(text) })).toBe(JSON.stringify({ text }));
    },
  );

  it('goes before a port in brackets if it is IPv6', () => {
    expect(hostPort({ address: parseAddress('fd00::1'), port: 443 })).toBe('[fd00::1]:443');
    expect(hostPort({ address: '10.0.0.1', port: 443 })).toBe('10.0.0.1:443');
    expect(hostPort({ address: 'lb.example', port: 443 })).toBe('lb.example:443');
  });
});

describe('Cidr', () => {
  it('counts from either end and cuts host bits off', () => {
    const wide = cidrOf('fd00:1::7/64');
    expect(String(wide)).toBe('fd00:1::/64');
    expect(String(wide.at(1))).toBe('fd00:1::1');
    expect(String(cidrOf('10.0.0.0/24').at(-2))).toBe('10.0.0.254');
    expect(String(cidrOf('192.0.2.1'))).toBe('192.0.2.1/32');
  });

  it('has blocks of a longer prefix inside it', () => {
    const pool = cidrOf('100.64.0.0/10');
    expect(String(pool.block(20, 17))).toBe('100.65.16.0/20');
    expect(pool.blocks(20)).toBe(1024);
    expect(String(pool.narrowed(16))).toBe('100.64.0.0/16');
    expect(pool.narrowed(8)).toBe(pool);
  });

  it('contains the addresses of its own family from first to last', () => {
    const small = cidrOf('10.1.0.0/30');
    const held = ['10.0.255.255', '10.1.0.0', '10.1.0.3', '10.1.0.4', '::a01:0'];
    expect(held.filter((text) => small.contains(parseAddress(text)))).toEqual(['10.1.0.0', '10.1.0.3']);
  });

  it('is its text in JSON', () => {
    expect(JSON.stringify([cidrOf('FD00::/48')])).toBe('["fd00::/48"]');
  });
});
