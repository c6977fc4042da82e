import { describe, expect, it } from 'vitest';
import {
  byNetwork,
  clusterNamed,
  pairs,
  parseTopology,
  peersOf,
  sameNetwork,
} from '../../../src/topology/index.ts';

const mesh = parseTopology(
  `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: demo}
spec:
  clusters:
    - {name: a, provider: local, network: one, cidr: 10.1.0.0/16}
    - {name: b, provider: local, network: two, cidr: 10.2.0.0/16}
    - {name: c, provider: local, network: one, cidr: 10.3.0.0/16}
`,
  'mesh.yaml',
);

describe('the algebra of clusters', () => {
  it('pairs every cluster with every other, in both directions', () => {
    expect(pairs(mesh).map(({ from, to }) => from.name + to.name)).toEqual([
      'ab',
      'ac',
      'ba',
      'bc',
      'ca',
      'cb',
    ]);
  });

  it('groups by network in the order of the file', () => {
    const groups = [...byNetwork(mesh)].map(([network, members]) => [
      network,
      members.map(({ name }) => name),
    ]);
    expect(groups).toEqual([
      ['one', ['a', 'c']],
      ['two', ['b']],
    ]);
  });

  it('tells peers and neighbours', () => {
    const [a, b, c] = mesh.clusters;
    expect(peersOf(mesh, 'b')).toEqual([a, c]);
    expect(a && b && c && [sameNetwork(a, b), sameNetwork(a, c)]).toEqual([false, true]);
  });

  it('finds a cluster by name or says which there are', () => {
    expect(clusterNamed(mesh, 'b').index).toBe(1);
    expect(() => clusterNamed(mesh, 'x-1')).toThrowError(
      expect.objectContaining({
        code: 'FLAGS_INVALID',
        message: 'no cluster is named "x-1"',
        hint: 'the clusters are a, b, c',
      }),
    );
  });
});

describe('the families that gateways need', () => {
  const families = (...clusters: string[]) => {
    const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n';
    const lines = clusters.map(
      (one, at) => `    - {name: c${at}, provider: existing, context: c${at}, ${one}}`,
    );
    const found = parseTopology(`${head}${lines.join('\n')}\n`, 'mesh.yaml').clusters;
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
