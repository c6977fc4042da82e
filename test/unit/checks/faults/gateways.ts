import { change, drop, type Fault, overriding, pod } from './fault.ts';

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
    inject: overriding('eks-1', ({ command }) => (command[0] === 'sh' ? { stdout: '' } : undefined)),
    cluster: 'eks-2',
    object: /^gateway address 192\.0\.2\.2:15443$/,
  },
];
