import { isTelnet } from '../../../fakes/mesh/pods.ts';
import { change, closing, drop, type Fault, meshConfig, overriding, pod } from './fault.ts';

export const gatewaysFaults: readonly Fault[] = [
  {
    id: 'gateways',
    what: 'no Gateway opens the port',
    inject: drop(['networking.istio.io/v1', 'Gateway'], 'istio-ingress', 'cross-network-gateway'),
    cluster: 'eks-2',
    object: /^Gateway/,
  },
  {
    id: 'gateways',
    what: 'the Service selects no pod',
    inject: drop(['v1', 'Pod'], 'istio-ingress', pod('istio-eastwestgateway')),
    cluster: 'eks-2',
    object: /^Service istio-ingress\/istio-eastwestgateway$/,
  },
  {
    id: 'gateways',
    what: 'a second gateway is dead',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          namespace: 'istio-ingress',
          name: 'second',
          labels: { 'topology.istio.io/network': 'network2' },
        },
        spec: { selector: { app: 'second' }, ports: [{ port: 15443 }], externalIPs: ['192.0.2.9'] },
      }),
    cluster: 'eks-2',
    object: /^Service istio-ingress\/second$/,
  },
  {
    id: 'gateways',
    what: 'a second gateway has no network label',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'istio-ingress', name: 'second', labels: { istio: 'eastwestgateway' } },
        spec: { selector: { app: 'second' }, ports: [{ port: 15443 }], externalIPs: ['192.0.2.9'] },
      }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service istio-ingress\/second$/,
  },
  {
    id: 'gateway-policy',
    what: 'a policy in the gateway’s namespace allows nothing',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { namespace: 'istio-ingress', name: 'nothing' },
        spec: {},
      }),
    cluster: 'eks-2',
    object: /^AuthorizationPolicy istio-ingress\/nothing$/,
  },
  {
    id: 'gateway-policy',
    what: 'a policy of a workload turns mutual TLS off for one port',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: { namespace: 'sample', name: 'port' },
        spec: {
          selector: { matchLabels: { app: 'helloworld' } },
          portLevelMtls: { 5000: { mode: 'DISABLE' } },
        },
      }),
    cluster: 'eks-2',
    object: /^PeerAuthentication sample\/port$/,
  },
  {
    id: 'gateway-policy',
    what: 'a DestinationRule turns TLS off',
    inject: change(['networking.istio.io/v1', 'DestinationRule'], ['sample', 'helloworld'], {
      spec: { trafficPolicy: { tls: { mode: 'DISABLE' } } },
    }),
    cluster: 'eks-2',
    object: /^DestinationRule sample\/helloworld$/,
  },
  {
    id: 'visibility',
    what: 'a Service is exported to its own namespace alone',
    inject: change(['v1', 'Service'], ['sample', 'helloworld'], {
      metadata: { annotations: { 'networking.istio.io/exportTo': '.' } },
    }),
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'visibility',
    what: 'Services are exported to their own namespaces by default',
    inject: meshConfig({ defaultServiceExportTo: ['.'] }),
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio$/,
  },
  {
    id: 'visibility',
    what: 'a Sidecar leaves the sample out',
    inject: (mesh) =>
      mesh.member('eks-2').server.put({
        apiVersion: 'networking.istio.io/v1',
        kind: 'Sidecar',
        metadata: { namespace: 'sample', name: 'default' },
        spec: { egress: [{ hosts: ['istio-system/*'] }] },
      }),
    cluster: 'eks-2',
    object: /^Sidecar sample\/default$/,
  },
  {
    id: 'lb',
    what: 'a NetworkPolicy closes the port of health checks',
    inject: (mesh) => {
      mesh
        .member('eks-2')
        .server.put(
          closing('istio-ingress', { app: 'istio-eastwestgateway' }, [{ ports: [{ port: 15443 }] }]),
        );
      const { loadBalancers } = mesh;
      mesh.loadBalancers = async (name) =>
        (await loadBalancers(name)).map((one) => ({
          ...one,
          listeners: one.listeners.map((listener) => ({
            ...listener,
            targets: listener.targets.map((target) => ({ ...target, state: 'unhealthy' as const })),
          })),
        }));
    },
    cluster: 'eks-2',
    object: /^NetworkPolicy istio-ingress\/closing$/,
  },
  {
    id: 'reach',
    what: 'a NetworkPolicy closes the gateway to other networks',
    inject: (mesh) => {
      overriding('eks-1', ({ command }) => (isTelnet(command) ? { stdout: '' } : undefined))(mesh);
      const from = [{ namespaceSelector: {} }];
      mesh.member('eks-2').server.put(closing('istio-ingress', {}, [{ from }]));
    },
    cluster: 'eks-2',
    object: /^NetworkPolicy istio-ingress\/closing$/,
  },
  {
    id: 'networks',
    what: 'a pod says another network',
    inject: change(['v1', 'Pod'], ['sample', pod('sleep')], {
      metadata: { labels: { 'topology.istio.io/network': 'network1' } },
    }),
    cluster: 'eks-2',
    object: /^Pod sample\/sleep/,
  },
  {
    id: 'lb',
    what: 'no load balancer',
    inject: (mesh) => {
      mesh.loadBalancers = async () => [];
    },
    cluster: 'eks-1',
    object: /^$/,
  },
  {
    id: 'reach',
    what: 'an address leads nowhere',
    inject: overriding('eks-1', ({ command }) => (isTelnet(command) ? { stdout: '' } : undefined)),
    cluster: 'eks-2',
    object: /^gateway address 192\.0\.2\.2:15443$/,
  },
];
