import { change, drop, type Fault, overriding } from './fault.ts';

const rule = (spec: object) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { namespace: 'sample', name: 'other' },
  spec,
});

export const servicesFaults: readonly Fault[] = [
  {
    id: 'failover',
    what: 'everything may be ejected',
    inject: (mesh) =>
      mesh
        .member('eks-2')
        .server.put(rule({ host: 'x', trafficPolicy: { outlierDetection: { maxEjectionPercent: 100 } } })),
    status: 'warn',
    cluster: 'eks-2',
    object: /^DestinationRule sample\/other$/,
  },
  {
    id: 'failover',
    what: 'a rule was removed by hand',
    inject: drop(['networking.istio.io/v1', 'DestinationRule'], 'shop', 'isthmus-catalog'),
    cluster: 'eks-2',
    object: /^DestinationRule shop\/isthmus-catalog$/,
  },
  {
    id: 'failover',
    what: 'a route was changed by hand',
    inject: change(['networking.istio.io/v1', 'VirtualService'], ['shop', 'isthmus-catalog'], {
      spec: { http: [] },
    }),
    cluster: 'eks-2',
    object: /^VirtualService shop\/isthmus-catalog$/,
  },
  {
    id: 'split',
    what: 'shares were changed by hand',
    inject: change(['networking.istio.io/v1', 'VirtualService'], ['shop', 'isthmus-cart'], {
      spec: { tcp: [] },
    }),
    cluster: 'eks-2',
    object: /^VirtualService shop\/isthmus-cart$/,
  },
  {
    id: 'split',
    what: 'no pod has the label of a share',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === 'clusters?format=json'
        ? {
            stdout: JSON.stringify({
              cluster_statuses: ['', 'v1'].map((subset) => ({
                name: `outbound|5000|${subset}|cart.shop.svc.cluster.local`,
                host_statuses: [{ address: { socket_address: { address: '10.2.0.20', port_value: 5000 } } }],
              })),
            }),
          }
        : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod sample\//,
  },
  {
    id: 'split',
    what: 'a gateway does not know a share',
    inject: overriding('eks-2', ({ command }) => {
      if (command.at(-1) !== 'config_dump?resource=dynamic_listeners') return undefined;
      const server_names = ['', 'v2'].map(
        (subset) => `outbound_.5000_.${subset}_.cart.shop.svc.cluster.local`,
      );
      const listener = { filter_chains: [{ filter_chain_match: { server_names } }] };
      return { stdout: JSON.stringify({ configs: [{ active_state: { listener } }] }) };
    }),
    cluster: 'eks-2',
    object: /^Pod istio-ingress\/istio-eastwestgateway/,
  },
  {
    id: 'access',
    what: 'a policy was removed by hand',
    inject: drop(['security.istio.io/v1', 'AuthorizationPolicy'], 'shop', 'isthmus-cart-access'),
    cluster: 'eks-2',
    object: /^AuthorizationPolicy shop\/isthmus-cart-access$/,
  },
  {
    id: 'access',
    what: 'a policy does not select the pods of its Service',
    inject: (mesh) =>
      mesh.member('eks-2').server.put(
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { namespace: 'shop', name: 'cart' },
          spec: { selector: { role: 'cart' }, ports: [{ name: 'http', port: 5000 }] },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { namespace: 'shop', name: 'cart-0', labels: { role: 'cart' } },
          spec: { containers: [] },
          status: { phase: 'Running' },
        },
      ),
    cluster: 'eks-2',
    object: /^Service shop\/cart$/,
  },
  {
    id: 'residency',
    what: 'a primary does not keep the host',
    inject: change(['v1', 'ConfigMap'], ['istio-system', 'istio'], { data: { mesh: '{}' } }),
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio$/,
  },
  {
    id: 'residency',
    what: 'an istiod does not act on it',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === '/debug/mesh' ? { stdout: '{}' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod istio-system\/istiod/,
  },
  {
    id: 'residency',
    what: 'a gateway lets everything through',
    inject: change(['networking.istio.io/v1', 'Gateway'], ['istio-ingress', 'cross-network-gateway'], {
      spec: { servers: [{ port: { number: 15443 }, tls: { mode: 'AUTO_PASSTHROUGH' }, hosts: ['*.local'] }] },
    }),
    cluster: 'eks-2',
    object: /^Gateway istio-ingress\/cross-network-gateway$/,
  },
  {
    id: 'residency',
    what: 'a proxy has an endpoint of another cluster',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === 'clusters?format=json'
        ? {
            stdout: JSON.stringify({
              cluster_statuses: [
                {
                  name: 'outbound|5000||vault.shop.svc.cluster.local',
                  host_statuses: [
                    { address: { socket_address: { address: '192.0.2.1', port_value: 15443 } } },
                  ],
                },
              ],
            }),
          }
        : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod sample\//,
  },
];
