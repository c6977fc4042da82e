import { expect, it } from 'vitest';
import { nearest } from '../../../src/errors/index.ts';

it.each([
  ['lokal', ['local', 'eks', 'existing'], 'local'],
  ['trustDomian', ['trust', 'trustDomain'], 'trustDomain'],
  ['SYNC', ['sync', 'secrets'], 'sync'],
  ['loadbalancer', ['load-balancers', 'lb'], 'load-balancers'],
  ['gateway', ['gateways', 'gateway-policy'], 'gateways'],
  ['kubeadm', ['local', 'eks', 'existing'], undefined],
  ['anything', [], undefined],
])('%s among %j is %s', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});
