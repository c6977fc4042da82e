import { change, drop, type Fault, pod } from './fault.ts';

export const configFaults: readonly Fault[] = [
  {
    id: 'config-parity',
    what: 'an object is in one cluster alone',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'security.istio.io/v1',
        kind: 'RequestAuthentication',
        metadata: { namespace: 'sample', name: 'jwt' },
        spec: {},
      }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^RequestAuthentication sample\/jwt$/,
  },
  {
    id: 'config-parity',
    what: 'an API server lacks a kind',
    inject: (mesh) => {
      const { kinds } = mesh.member('eks-2').server.store;
      kinds.splice(
        kinds.findIndex(({ kind }) => kind === 'WasmPlugin'),
        1,
      );
    },
    cluster: 'eks-2',
    object: /^$/,
  },
  {
    id: 'services',
    what: 'a Service is in one cluster alone',
    inject: drop(['v1', 'Service'], 'sample', 'helloworld'),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'services',
    what: 'sidecars of one workload alone answer DNS',
    inject: (mesh) => {
      const { server } = mesh.member('eks-1');
      server.put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'sample', name: 'orders' },
        spec: { clusterIP: '10.96.0.7', selector: { app: 'orders' }, ports: [{ port: 80 }] },
      });
      const env = [{ name: 'ISTIO_META_DNS_CAPTURE', value: 'true' }];
      const containers = [
        { name: 'sleep', image: 'curl' },
        { name: 'istio-proxy', image: 'proxyv2', env },
      ];
      change(['v1', 'Pod'], ['sample', pod('sleep')], { spec: { containers } })(mesh);
    },
    status: 'warn',
    cluster: 'eks-2',
    object: /^Pod sample\/helloworld-v2/,
  },
  {
    id: 'service-ports',
    what: 'a shared Service is an ExternalName in one cluster',
    inject: change(['v1', 'Service'], ['sample', 'helloworld'], {
      spec: { type: 'ExternalName', externalName: 'hello.example.com' },
    }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'service-ports',
    what: 'a shared Service is headless in one cluster',
    inject: change(['v1', 'Service'], ['sample', 'helloworld'], { spec: { clusterIP: 'None' } }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'service-ports',
    what: 'a shared Service has another port number',
    inject: change(['v1', 'Service'], ['sample', 'helloworld'], {
      spec: { ports: [{ name: 'http', port: 5001 }] },
    }),
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'local-services',
    what: 'one istiod alone keeps a shared Service in its cluster',
    inject: change(['v1', 'ConfigMap'], ['istio-system', 'istio'], {
      data: {
        mesh: JSON.stringify({
          serviceSettings: [{ settings: { clusterLocal: true }, hosts: ['*.sample.svc.cluster.local'] }],
        }),
      },
    }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio$/,
  },
  {
    id: 'service-ports',
    what: 'a shared Service has another port name',
    inject: change(['v1', 'Service'], ['sample', 'helloworld'], {
      spec: { ports: [{ name: 'http-web', port: 5000 }] },
    }),
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'local-services',
    what: 'monitoring is shared',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'tools', name: 'prometheus' },
        spec: {},
      }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service tools\/prometheus$/,
  },
  {
    id: 'weights',
    what: 'pods of a Service are in two zones',
    inject: (mesh) => {
      const { server } = mesh.member('eks-2');
      server.put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          namespace: 'sample',
          name: 'far',
          labels: { 'istio-locality': 'here/b', 'security.istio.io/tlsMode': 'istio' },
        },
        spec: { containers: [] },
      });
      const far = {
        addresses: ['10.2.0.99'],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: 'far' },
      };
      server.put({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          namespace: 'sample',
          name: 'far',
          labels: { 'kubernetes.io/service-name': 'helloworld' },
        },
        endpoints: [far],
      });
    },
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
];
