import { expect, it } from 'vitest';
import type { GatewayFacts } from '../../../../src/checks/facts/gateway-facts.ts';
import { selectorProblems } from '../../../../src/checks/gateways/parts/node-selectors.ts';
import { serviceProblems } from '../../../../src/checks/gateways/parts/service-problems.ts';
import type { MeshCluster } from '../../../../src/provider/index.ts';

const cluster = { spec: { name: 'eks-2', network: 'network2' } } as MeshCluster;
const annotation = 'traffic.istio.io/nodeSelector';

const seen = (selector: string, spec: object = {}, type = 'ExternalIP') =>
  ({
    services: [
      {
        metadata: {
          namespace: 'istio-ingress',
          name: 'gateway',
          labels: { 'topology.istio.io/network': 'network2' },
          annotations: { [annotation]: selector },
        },
        spec: { type: 'NodePort', ports: [{ port: 15443, nodePort: 31443 }], ...spec },
      },
    ],
    nodes: [
      { metadata: { labels: { pool: 'a' } }, status: { addresses: [{ type, address: '198.51.100.1' }] } },
    ],
  }) as unknown as GatewayFacts;

it.each(['', 'null', '{}', '{"pool":"a"}'])('istiod takes %j as it is written', (selector) => {
  expect(selectorProblems(cluster, seen(selector))).toEqual([]);
  expect(serviceProblems(cluster, seen(selector))).toEqual([]);
});

it.each([
  ['pool=b', 'is reached by every node', '{"pool":"b"}'],
  ['pool=b, zone=c', 'is reached by every node', '{"pool":"b","zone":"c"}'],
  ['["pool"]', 'is reached by every node', '{}'],
  ['{pool: b}', 'is reached by every node', '{}'],
  ['{"pool":1}', 'selects nodes by empty labels', '{"pool":"1"}'],
])('%s warns of what istiod makes of it', (selector, message, meant) => {
  expect(selectorProblems(cluster, seen(selector))).toMatchObject([
    {
      cluster: 'eks-2',
      object: 'Service istio-ingress/gateway',
      message: expect.stringContaining(message),
      evidence: `${annotation}: ${selector}`,
      cause: expect.stringContaining('at the level debug alone'),
      fix: `kubectl --context {context} -n istio-ingress annotate service gateway --overwrite ${annotation}='${meant}'`,
    },
  ]);
});

it('a selector that nothing is asked of is no matter: a gateway has externalIPs, or is no NodePort', () => {
  expect(selectorProblems(cluster, seen('pool=b', { externalIPs: ['192.0.2.7'] }))).toEqual([]);
  expect(selectorProblems(cluster, seen('pool=b', { type: 'LoadBalancer' }))).toEqual([]);
});

it('every node without an external address is none, whatever the selector', () => {
  expect(serviceProblems(cluster, seen('pool=b', {}, 'InternalIP'))).toMatchObject([
    {
      message: 'has no address: no node that it selects has an address of type ExternalIP',
      evidence: `${annotation}: pool=b`,
    },
  ]);
});
