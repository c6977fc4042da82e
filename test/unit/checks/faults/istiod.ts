import {
  change,
  closing,
  discovery,
  drop,
  type Fault,
  meshConfig,
  overriding,
  placeOf,
  pod,
  system,
  unready,
} from './fault.ts';

export const istiodFaults: readonly Fault[] = [
  {
    id: 'istiod',
    what: 'no Deployment',
    inject: drop(['apps/v1', 'Deployment'], system, 'istiod'),
    cluster: 'eks-2',
    object: /^$/,
  },
  {
    id: 'istiod',
    what: 'an image without a version',
    inject: discovery('istio/pilot:latest', []),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Deployment istio-system\/istiod$/,
  },
  {
    id: 'istiod-config',
    what: 'no CLUSTER_ID',
    inject: discovery('docker.io/istio/pilot:1.31.0', [{ name: 'ISTIO_MULTIROOT_MESH', value: 'true' }]),
    cluster: 'eks-2',
    object: /^Deployment istio-system\/istiod$/,
  },
  {
    id: 'istiod-config',
    what: 'a second revision of another mesh',
    inject: (mesh) => {
      const { server } = mesh.member('eks-2');
      const namespace = placeOf(mesh, system) ?? '';
      const env = [
        { name: 'CLUSTER_ID', value: 'eks-2' },
        { name: 'REVISION', value: 'canary' },
        { name: 'ISTIO_MULTIROOT_MESH', value: 'true' },
      ];
      server.put(
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { namespace, name: 'istiod-canary', labels: { app: 'istiod' } },
          spec: {
            template: { spec: { containers: [{ name: 'discovery', image: 'istio/pilot:1.31.0', env }] } },
          },
        },
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { namespace, name: 'istio-canary' },
          data: {
            mesh: JSON.stringify({
              defaultConfig: { meshId: 'other', proxyMetadata: { PROXY_CONFIG_XDS_AGENT: 'true' } },
            }),
          },
        },
      );
    },
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio-canary$/,
  },
  {
    id: 'istiod',
    what: 'a NetworkPolicy keeps a proxy that starts from istiod',
    inject: (mesh) => {
      const from = [{ podSelector: {} }];
      mesh
        .member('eks-2')
        .server.put(closing(system, { app: 'istiod' }, [{ from, ports: [{ port: 15012 }] }]));
      change(['v1', 'Pod'], ['sample', pod('sleep')], unready)(mesh);
      const stderr = 'Last error: Get "http://10.2.0.5:15012/": dial tcp 10.2.0.5:15012: i/o timeout';
      overriding('eks-2', ({ command }) => (command[1] === 'wait' ? { stderr, exitCode: 1 } : undefined))(
        mesh,
      );
    },
    cluster: 'eks-2',
    object: /^NetworkPolicy istio-system\/closing$/,
  },
  {
    id: 'discovery',
    what: 'selectors hide a namespace of one cluster',
    inject: meshConfig({
      discoverySelectors: [{ matchLabels: { 'istio-injection': 'enabled' } }],
    }),
    cluster: 'eks-1',
    object: /^Namespace istio-ingress$/,
  },
  {
    id: 'injection',
    what: 'a NetworkPolicy keeps the API server from the webhook',
    inject: (mesh) => {
      const { server } = mesh.member('eks-2');
      server.put(closing(system, {}, [{ ports: [{ port: 15012 }] }]));
      server.admit = () => {
        throw new Error('failed calling webhook "rev.istio.io": context deadline exceeded');
      };
    },
    cluster: 'eks-2',
    object: /^NetworkPolicy istio-system\/closing$/,
  },
  {
    id: 'injection',
    what: 'no sidecar comes',
    inject: (mesh) => {
      mesh.member('eks-2').server.admit = (object) => object;
    },
    cluster: 'eks-2',
    object: /^MutatingWebhookConfiguration/,
  },
  {
    id: 'injection',
    what: 'a second namespace gets none',
    inject: (mesh) => {
      const { server } = mesh.member('eks-2');
      const { admit } = server;
      server.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } },
      });
      server.admit = (object) => (object.metadata?.namespace === 'shop' ? object : admit(object));
    },
    cluster: 'eks-2',
    object: /^MutatingWebhookConfiguration/,
  },
  {
    id: 'injection',
    what: 'a namespace asks for a revision that is not there',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'shop', labels: { 'istio.io/rev': 'gone' } },
      }),
    cluster: 'eks-2',
    object: /^Namespace shop$/,
  },
];
