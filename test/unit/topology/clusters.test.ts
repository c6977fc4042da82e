import { describe, expect, it } from 'vitest';
import { isOneNetwork, parseTopology } from '../../../src/topology/index.ts';

const parse = (...clusters: string[]) => {
  const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n';
  const lines = clusters.map(
    (one, at) => `    - {name: c${at}, provider: existing, context: c${at}, ${one}}`,
  );
  return parseTopology(`${head}${lines.join('\n')}\n`, 'mesh.yaml');
};

describe('clusters of one network', () => {
  it('are those without a gateway between any two', () => {
    expect(isOneNetwork(parse('network: n', 'network: n'))).toBe(true);
    expect(isOneNetwork(parse('network: n', 'network: n', 'network: m'))).toBe(false);
    expect(isOneNetwork(parse('ipFamily: ipv4', 'ipFamily: ipv4'))).toBe(false);
  });
});

describe('the families that gateways need', () => {
  const families = (...clusters: string[]) => {
    const found = parse(...clusters).clusters;
    return found.map(({ gatewayFamilies }) => gatewayFamilies.join(' '));
  };

  it('are the own one and those of other networks, the own one first', () => {
    expect(families('ipFamily: ipv4', 'ipFamily: ipv6')).toEqual(['ipv4 ipv6', 'ipv6 ipv4']);
    expect(families('ipFamily: ipv6', 'ipFamily: ipv6')).toEqual(['ipv6', 'ipv6']);
    expect(families('network: n', 'network: n', 'network: m, ipFamily: ipv6')).toEqual([
      'ipv4 ipv6',
      'ipv4 ipv6',
      'ipv6 ipv4',
    ]);
  });
});
