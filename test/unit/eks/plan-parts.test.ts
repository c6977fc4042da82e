import { expect, test } from 'vitest';
import { eksProvider, monthlyCost } from '../../../src/eks/index.ts';
import { planNotes } from '../../../src/eks/plan/plan-notes.ts';
import { internalGateway } from '../../fakes/gateways.ts';
import { documented, eksSpec, meshOf } from './specs.ts';

test('the estimate is the sum of what it names, and grows with what is asked for', () => {
  const cost = monthlyCost(documented);
  expect(cost.clusters.map(({ cluster }) => cluster)).toEqual(['east', 'west']);
  for (const cluster of cost.clusters)
    expect(cluster.monthly).toBeCloseTo(
      cluster.items.reduce((sum, { monthly }) => sum + monthly, 0),
      2,
    );
  const of = (change: Parameters<typeof eksSpec>[0]) => monthlyCost(meshOf(eksSpec(change))).monthly;
  expect(of({ natGateways: 'per-zone' }) - of({})).toBeCloseTo(2 * (0.048 + 0.005) * 730, 1);
  expect(of({ vpcId: 'vpc-1' })).toBeLessThan(of({}));
  expect(of({})).toBeGreaterThan(73);
});

test('a region without known prices is said to have none', () => {
  expect(monthlyCost(meshOf(eksSpec({ region: 'af-south-1' }))).notes.join()).toContain('af-south-1');
  expect(monthlyCost(meshOf(eksSpec())).notes.join()).not.toContain('no prices known');
});

test('plan tells cost and policy without credentials', () => {
  const text = planNotes(documented).join('\n');
  expect(text).toMatch(/about \$\d+ a month/);
  expect(text).toContain('"eks:CreateCluster"');
});

test('gateways get Auto Mode’s load balancer, checked where they answer', () => {
  const { loadBalancers, proxy, size } = eksProvider().capabilities(eksSpec());
  const loadBalancer = loadBalancers.eastWest;
  const get = (name: string) =>
    loadBalancer.annotations[`service.beta.kubernetes.io/aws-load-balancer-${name}`];
  expect([proxy, size, loadBalancer.class]).toEqual(['istio', 'production', 'eks.amazonaws.com/nlb']);
  expect(get('scheme')).toBe('internal');
  expect(get('nlb-target-type')).toBe('ip');
  expect(get('attributes')).toContain('cross_zone.enabled=true');
  expect([get('healthcheck-protocol'), get('healthcheck-port'), get('healthcheck-path')]).toEqual([
    'http',
    '15021',
    '/healthz/ready',
  ]);
  expect(get('ip-address-type')).toBeUndefined();
  const six = eksProvider().capabilities(eksSpec({ gatewayFamilies: ['ipv4', 'ipv6'] })).loadBalancers
    .eastWest.annotations;
  expect(six['service.beta.kubernetes.io/aws-load-balancer-ip-address-type']).toBe('dualstack');
});

test('each gateway is as open as the file says of it', () => {
  const gateways = {
    ingress: { ...internalGateway, exposure: 'internet-facing' as const },
    eastWest: internalGateway,
  };
  const { ingress, eastWest } = eksProvider().capabilities(eksSpec({ gateways })).loadBalancers;
  const scheme = 'service.beta.kubernetes.io/aws-load-balancer-scheme';
  expect([ingress.annotations[scheme], eastWest.annotations[scheme]]).toEqual([
    'internet-facing',
    'internal',
  ]);
  expect([ingress.podTargets, ingress.statedHealthCheck]).toEqual([true, true]);
});
