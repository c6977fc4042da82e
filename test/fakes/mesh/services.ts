import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../../src/topology/index.ts';
import { addresses } from './topology.ts';
import { meta, proxy, workload } from './workloads.ts';

export function samples(spec: ClusterSpec): KubeObject[] {
  const { index, network } = spec;
  const { helloworld, pod } = addresses(spec);
  const labels = { app: 'helloworld', version: `v${index + 1}`, 'security.istio.io/tlsMode': 'istio' };
  const name = `helloworld-v${index + 1}`;
  return [
    ...workload({
      namespace: 'sample',
      name: 'sleep',
      labels: { app: 'sleep', 'security.istio.io/tlsMode': 'istio' },
      ip: pod(21),
      containers: [{ name: 'sleep', image: 'curl' }, proxy(network)],
    }),
    ...workload({
      namespace: 'sample',
      name,
      labels,
      ip: helloworld,
      containers: [{ name: 'helloworld', image: 'helloworld' }, proxy(network)],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta('sample', 'helloworld', { app: 'helloworld' }),
      spec: { selector: { app: 'helloworld' }, ports: [{ name: 'http', port: 5000 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: meta('sample', 'helloworld-x', { 'kubernetes.io/service-name': 'helloworld' }),
      ports: [{ name: 'http', port: 5000 }],
      endpoints: [
        {
          addresses: [helloworld],
          conditions: { ready: true },
          targetRef: { kind: 'Pod', name: `${name}-6d5f7b9c8-abcde` },
        },
      ],
    },
  ];
}

export const shop = (spec: ClusterSpec): KubeObject[] =>
  ['catalog', 'cart', 'vault'].flatMap((name) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta('shop', name),
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 5000 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: meta('shop', `${name}-x`, { 'kubernetes.io/service-name': name }),
      ports: [{ name: 'http', port: 5000 }],
      endpoints: [{ addresses: [addresses(spec).helloworld], conditions: { ready: true } }],
    },
  ]);

/** The same in both, save a monitoring Service of one cluster alone. */
export const configuration = (spec: ClusterSpec): KubeObject[] => [
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: meta('sample', 'helloworld'),
    spec: {
      host: 'helloworld',
      trafficPolicy: {
        outlierDetection: { maxEjectionPercent: 50 },
        loadBalancer: { localityLbSetting: { enabled: false } },
      },
    },
  },
  {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: meta(istioNamespaceOf(spec), 'default'),
    spec: { mtls: { mode: 'STRICT' } },
  },
  ...(spec.index === 0
    ? [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: meta('tools', 'prometheus'),
          spec: { ports: [{ port: 9090 }] },
        },
      ]
    : []),
];
