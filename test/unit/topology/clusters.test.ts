import { RegionInfo } from 'aws-cdk-lib/region-info';
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

describe('the regions of AWS', () => {
  const regions = RegionInfo.regions.map(({ name }) => name);
  const file = (region: string) =>
    `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n    - {name: a, provider: eks, region: ${region}, zones: [${region}a, ${region}b], cidr: 10.1.0.0/16}\n`;

  it('are all taken', () => {
    expect(regions.length).toBeGreaterThan(40);
    expect(regions).toContain('eusc-de-east-1');
    for (const region of regions) expect(parseTopology(file(region), 'mesh.yaml').clusters).toHaveLength(1);
  });

  it('are not zones, nor words', () => {
    for (const region of ['eu-central-1a', 'Frankfurt', 'eu_central_1', 'eu-1'])
      expect(() => parseTopology(file(region), 'mesh.yaml')).toThrow(
        expect.objectContaining({
          problems: [
            expect.objectContaining({ message: expect.stringContaining('is not the name of an AWS region') }),
          ],
        }),
      );
  });
});
