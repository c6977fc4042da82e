import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { type ClusterSpec, istioNamespaceOf, istioNamespacesOf } from '../../../src/topology/index.ts';
import { configuration, samples, shop } from './services.ts';
import { addresses, cartHost, vaultHost } from './topology.ts';
import { meta, proxy, ready, workload } from './workloads.ts';

interface Trust {
  readonly secret: Readonly<Record<string, string>>;
  readonly root: string;
}

/** All that a cluster of a whole mesh has. */
export function objectsOf(spec: ClusterSpec, trust: Trust, all: readonly ClusterSpec[]): KubeObject[] {
  return [
    ...infrastructure(spec, all),
    ...controlPlane(spec, trust),
    ...gatewayObjects(spec),
    ...samples(spec),
    ...shop(spec),
    ...configuration(spec),
  ];
}

const infrastructure = (spec: ClusterSpec, all: readonly ClusterSpec[]): KubeObject[] => [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(undefined, 'node-1', {
      'topology.kubernetes.io/region': 'here',
      'topology.kubernetes.io/zone': 'a',
    }),
    status: { conditions: ready },
  },
  ...istioNamespacesOf(spec, all).map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: meta(undefined, name, { 'topology.istio.io/network': spec.network }),
  })),
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: meta(undefined, 'sample', { 'istio-injection': 'enabled' }),
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta(undefined, 'istio-ingress') },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta(undefined, 'tools') },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta(undefined, 'shop') },
];

function controlPlane(spec: ClusterSpec, { secret, root }: Trust): KubeObject[] {
  const { name, index } = spec;
  const namespace = istioNamespaceOf(spec);
  const env = [
    { name: 'CLUSTER_ID', value: name },
    { name: 'ISTIO_MULTIROOT_MESH', value: 'true' },
  ];
  const mesh = JSON.stringify({
    rootNamespace: namespace,
    trustDomain: 'cluster.local',
    serviceSettings: [{ settings: { clusterLocal: true }, hosts: [vaultHost] }],
    defaultConfig: { meshId: 'mesh1', proxyMetadata: { PROXY_CONFIG_XDS_AGENT: 'true' } },
  });
  const reads = ['pods', 'services', 'nodes', 'namespaces', 'configmaps'];
  const rules = [
    { apiGroups: [''], resources: reads },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  ];
  return [
    ...workload({
      namespace,
      name: 'istiod',
      labels: { app: 'istiod' },
      ip: `10.${index + 1}.0.10`,
      containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.31.0', env }],
    }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(namespace, 'istio'), data: { mesh } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta(namespace, 'istio-ca-root-cert'),
      data: { 'root-cert.pem': root },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: meta(namespace, 'cacerts'), stringData: secret },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: meta(namespace, 'istio-reader-service-account'),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: meta(undefined, `istio-reader-clusterrole-${namespace}`),
      rules,
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: meta(undefined, 'istio-sidecar-injector', { app: 'sidecar-injector' }),
      webhooks: [{ name: 'rev.istio.io', clientConfig: { caBundle: Buffer.from(root).toString('base64') } }],
    },
  ];
}

function gatewayObjects(spec: ClusterSpec): KubeObject[] {
  const { network } = spec;
  const selector = { app: 'istio-eastwestgateway', istio: 'eastwestgateway' };
  const labels = { ...selector, 'topology.istio.io/network': network };
  const { gateway, pod } = addresses(spec);
  return [
    ...workload({
      namespace: 'istio-ingress',
      name: 'istio-eastwestgateway',
      labels,
      ip: pod(11),
      containers: [proxy(network)],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta('istio-ingress', 'istio-eastwestgateway', labels),
      spec: { type: 'LoadBalancer', selector, ports: [{ name: 'tls', port: 15443 }] },
      status: { loadBalancer: { ingress: [{ ip: gateway }] } },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: meta('istio-ingress', 'cross-network-gateway'),
      spec: {
        selector: { istio: 'eastwestgateway' },
        servers: [
          {
            port: { number: 15443, name: 'tls', protocol: 'TLS' },
            tls: { mode: 'AUTO_PASSTHROUGH' },
            hosts: ['*.sample.svc.cluster.local', cartHost, 'catalog.shop.svc.cluster.local'],
          },
        ],
      },
    },
  ];
}
