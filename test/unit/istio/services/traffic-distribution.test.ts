import { expect, it } from 'vitest';
import { trafficDistributionOf } from '../../../../src/istio/index.ts';

const ANNOTATION = 'networking.istio.io/traffic-distribution';
const meta = (value?: string) => ({ annotations: value === undefined ? {} : { [ANNOTATION]: value } });

/** What istiod's `GetTrafficDistribution` makes of each; `name` stands for who states it. */
it.each<[spec: string | undefined, own: string | undefined, namespace: string | undefined, by: string]>([
  [undefined, undefined, undefined, ''],
  ['PreferClose', undefined, undefined, 'its trafficDistribution'],
  ['PreferSameZone', 'Any', undefined, 'its trafficDistribution'],
  ['PreferSameNode', undefined, undefined, 'its trafficDistribution'],
  ['Unheard', undefined, undefined, ''],
  ['Unheard', 'PreferClose', undefined, `its annotation ${ANNOTATION}`],
  [undefined, 'preferclose', undefined, `its annotation ${ANNOTATION}`],
  [undefined, 'PreferSameNode', 'Any', `its annotation ${ANNOTATION}`],
  [undefined, 'Any', 'PreferClose', ''],
  [undefined, '', 'PreferSameZone', `its namespace’s annotation ${ANNOTATION}`],
  [undefined, undefined, 'PREFERCLOSE', `its namespace’s annotation ${ANNOTATION}`],
  [undefined, undefined, 'Any', ''],
])('spec %s, annotation %s, namespace %s', (...[trafficDistribution, own, namespace, by]) => {
  const spec = trafficDistribution === undefined ? {} : { trafficDistribution };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: meta(own), spec };
  const place = { apiVersion: 'v1', kind: 'Namespace', metadata: meta(namespace) };
  expect(trafficDistributionOf(service, place)?.by ?? '').toBe(by);
});
