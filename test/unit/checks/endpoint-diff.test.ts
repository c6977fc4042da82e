import { describe, expect, it } from 'vitest';
import { diffEndpoints } from '../../../src/checks/traffic/parts/endpoint-diff.ts';
import type { ClusterFacts, ExpectedEndpoint } from '../../../src/istio/index.ts';

const local: ExpectedEndpoint = {
  address: '10.1.0.5',
  port: 5000,
  weight: 1,
  cluster: 'eks-1',
  via: 'pod',
  healthy: true,
  pod: 'hello-1',
};
const remote: ExpectedEndpoint = {
  address: '172.16.0.2',
  port: 15443,
  weight: 1,
  cluster: 'eks-2',
  via: 'gateway',
  healthy: true,
};

const facts: ClusterFacts[] = [
  cluster('eks-1', '10.1.0.5', '172.16.0.1'),
  cluster('eks-2', '10.2.0.5', '172.16.0.2'),
  cluster('eks-3', '10.3.0.5', 'fd00::3'),
];

function cluster(name: string, pod: string, gateway: string): ClusterFacts {
  return {
    cluster: name,
    network: `network of ${name}`,
    ipFamily: 'ipv4',
    gateways: [{ address: gateway, port: 15443 }],
    endpoints: [{ address: pod, port: 5000, ready: true, pod: `hello-${name}`, locality: '', mtls: true }],
  };
}

const held = (
  address: string,
  port: number,
  { weight = 1, flags = [] }: { weight?: number; flags?: string[] } = {},
) => ({
  address,
  port,
  weight,
  flags,
  healthy: flags.length === 0,
});

describe('a proxy that holds', () => {
  it.each([
    ['exactly what it should', [held('10.1.0.5', 5000), held('172.16.0.2', 15443)], []],
    [
      'the same proportions',
      [held('10.1.0.5', 5000, { weight: 3 }), held('172.16.0.2', 15443, { weight: 3 })],
      [],
    ],
    ['nothing', [], ['missing eks-1', 'missing eks-2']],
    ['only local endpoints', [held('10.1.0.5', 5000)], ['missing eks-2']],
    [
      'the gateway of another cluster',
      [held('10.1.0.5', 5000), held('fd00::3', 15443)],
      ['missing eks-2', 'wrong gateway eks-3'],
    ],
    [
      'a pod of another network',
      [held('10.1.0.5', 5000), held('172.16.0.2', 15443), held('10.2.0.5', 5000)],
      ['wrong network eks-2'],
    ],
    [
      'an address that nobody has',
      [held('10.1.0.5', 5000), held('172.16.0.2', 15443), held('10.9.9.9', 15443)],
      ['extra undefined'],
    ],
    [
      'a wrong weight',
      [held('10.1.0.5', 5000, { weight: 2 }), held('172.16.0.2', 15443, { weight: 1 })],
      ['wrong weight eks-1', 'wrong weight eks-2'],
    ],
    [
      'an ejected endpoint',
      [held('10.1.0.5', 5000), held('172.16.0.2', 15443, { flags: ['failed_outlier_check'] })],
      ['wrong health eks-2'],
    ],
  ])('%s', (_name, has, differences) => {
    const found = diffEndpoints({ expected: [local, remote], held: has, facts });
    expect(found.map(({ kind, cluster: owner }) => `${kind} ${owner}`)).toEqual(differences);
  });
});

it('names address, owner and proportions', () => {
  const [weight] = diffEndpoints({
    expected: [local, remote],
    held: [held('10.1.0.5', 5000, { weight: 3 }), held('172.16.0.2', 15443)],
    facts,
  });
  expect(weight?.message).toBe(
    'gives 10.1.0.5:5000, pod hello-1 of eks-1, 75 % of the weight instead of 50 %',
  );
});

it('a pod that is not ready is right to be held for unhealthy, and wrong to be held for healthy', () => {
  const expected = [{ ...local, healthy: false }, remote];
  const proxy = (flags: string[]) => [held('10.1.0.5', 5000, { flags }), held('172.16.0.2', 15443)];
  expect(diffEndpoints({ expected, held: proxy(['eds:UNHEALTHY']), facts })).toEqual([]);
  expect(diffEndpoints({ expected, held: proxy([]), facts })[0]?.message).toContain(
    'although it is not ready',
  );
});
