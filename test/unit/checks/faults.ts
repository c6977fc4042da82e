import type { ExecAnswer, ExecRequest } from '../../fakes/exec-door.ts';
import type { FakeMesh } from '../../fakes/mesh.ts';

/** A fault for each check, by what it takes or changes of a mesh that is whole. */
export interface Fault {
  readonly id: string;
  readonly what: string;
  readonly inject: (mesh: FakeMesh) => void;
  readonly status?: 'fail' | 'warn';
  /** Cluster and object that the finding names. */
  readonly cluster: string;
  readonly object: RegExp;
}

const system = 'istio-system';
const pod = (name: string) => `${name}-6d5f7b9c8-abcde`;

/** Change an object of eks-2. */
const change =
  (kind: [string, string], name: [namespace: string | undefined, name: string], patch: object) =>
  (mesh: FakeMesh) => {
    const { server } = mesh.member('eks-2');
    const place = { kind: server.store.kindOf(...kind), namespace: name[0], name: name[1] };
    server.store.merge(place, patch, { manager: 'fault', dryRun: false });
  };
/** Commands in the pods of one cluster that end otherwise. */
const overriding =
  (cluster: string, answer: (request: ExecRequest) => ExecAnswer | undefined) => (mesh: FakeMesh) => {
    mesh.member(cluster).override = answer;
  };
const drop =
  ([apiVersion, kind]: [string, string], namespace: string | undefined, name: string) =>
  (mesh: FakeMesh) =>
    mesh.member('eks-2').server.drop({ apiVersion, kind, namespace, name });
const unready = {
  status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
};
const rule = (spec: object) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { namespace: 'sample', name: 'other' },
  spec,
});

export const faults: readonly Fault[] = [
  {
    id: 'clusters',
    what: 'a node is not ready',
    inject: change(['v1', 'Node'], [undefined, 'node-1'], unready),
    cluster: 'eks-2',
    object: /^Node node-1$/,
  },
  {
    id: 'clusters',
    what: 'a version that cannot be read',
    inject: (mesh) => {
      mesh.member('eks-2').server.version = 'unknown';
    },
    status: 'warn',
    cluster: 'eks-2',
    object: /^$/,
  },
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
    inject: change(['apps/v1', 'Deployment'], [system, 'istiod'], {
      spec: {
        template: { spec: { containers: [{ name: 'discovery', image: 'istio/pilot:latest', env: [] }] } },
      },
    }),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Deployment istio-system\/istiod$/,
  },
  {
    id: 'istiod-config',
    what: 'no CLUSTER_ID',
    inject: change(['apps/v1', 'Deployment'], [system, 'istiod'], {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'discovery',
                image: 'docker.io/istio/pilot:1.31.0',
                env: [{ name: 'ISTIO_MULTIROOT_MESH', value: 'true' }],
              },
            ],
          },
        },
      },
    }),
    cluster: 'eks-2',
    object: /^Deployment istio-system\/istiod$/,
  },
  {
    id: 'istiod-config',
    what: 'a second revision of another mesh',
    inject: (mesh) => {
      const { server } = mesh.member('eks-2');
      const env = [
        { name: 'CLUSTER_ID', value: 'eks-2' },
        { name: 'REVISION', value: 'canary' },
        { name: 'ISTIO_MULTIROOT_MESH', value: 'true' },
      ];
      server.put(
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { namespace: system, name: 'istiod-canary', labels: { app: 'istiod' } },
          spec: {
            template: { spec: { containers: [{ name: 'discovery', image: 'istio/pilot:1.31.0', env }] } },
          },
        },
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { namespace: system, name: 'istio-canary' },
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
  {
    id: 'secrets',
    what: 'a remote secret is gone',
    inject: drop(['v1', 'Secret'], system, 'istio-remote-secret-eks-1'),
    cluster: 'eks-2',
    object: /^Secret istio-system\/istio-remote-secret-eks-1$/,
  },
  {
    id: 'remotes',
    what: 'istiod does not know the other cluster',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === '/debug/clusterz' ? { stdout: '[]' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod istio-system\/istiod/,
  },
  {
    id: 'shards',
    what: 'istiod lost endpoints',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1) === '/debug/endpointShardz' ? { stdout: '{}' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod istio-system\/istiod/,
  },
  {
    id: 'shards',
    what: 'no istiod is ready',
    inject: change(['v1', 'Pod'], [system, pod('istiod')], unready),
    cluster: 'eks-2',
    object: /^$/,
  },
  {
    id: 'trust',
    what: 'roots of somebody else cannot be read',
    inject: (mesh) => {
      drop(['v1', 'Secret'], system, 'cacerts')(mesh);
      change(['apps/v1', 'Deployment'], [system, 'istiod'], {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: 'discovery',
                  image: 'docker.io/istio/pilot:1.31.0',
                  env: [{ name: 'EXTERNAL_CA', value: 'true' }],
                },
              ],
            },
          },
        },
      })(mesh);
      change(['v1', 'ConfigMap'], [system, 'istio-ca-root-cert'], { data: { 'root-cert.pem': '' } })(mesh);
    },
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio-ca-root-cert$/,
  },
  {
    id: 'trust',
    what: 'no istiod to read',
    inject: drop(['v1', 'Pod'], system, pod('istiod')),
    cluster: 'eks-2',
    object: /^$/,
  },
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
  {
    id: 'services',
    what: 'a Service is in one cluster alone',
    inject: drop(['v1', 'Service'], 'sample', 'helloworld'),
    status: 'warn',
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
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
  {
    id: 'sync',
    what: 'a proxy lacks endpoints',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1)?.startsWith('clusters') ? { stdout: '{}' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod sample\/sleep/,
  },
  {
    id: 'traffic',
    what: 'one cluster never answers',
    inject: overriding('eks-2', ({ command }) =>
      command[0] === 'curl' ? { stdout: onlyFrom('v2', command.at(-1) ?? '') } : undefined,
    ),
    cluster: 'eks-1',
    object: /^$/,
  },
  {
    id: 'traffic',
    what: 'no client is there',
    inject: drop(['v1', 'Pod'], 'sample', pod('sleep')),
    cluster: 'eks-2',
    object: /^Deployment sample\/sleep$/,
  },
  {
    id: 'traffic',
    what: 'the Service is gone while its pods run',
    inject: drop(['v1', 'Service'], 'sample', 'helloworld'),
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'traffic',
    what: 'the first measurement differs and the second does not',
    inject: (mesh) => {
      let left = 3;
      mesh.member('eks-2').override = ({ command }) =>
        command[0] === 'curl' && left-- > 0 ? { stdout: onlyFrom('v2', command.at(-1) ?? '') } : undefined;
    },
    status: 'warn',
    cluster: 'eks-1',
    object: /^$/,
  },
];

function onlyFrom(version: string, url: string): string {
  const count = Number(/\[1-(\d+)\]$/.exec(url)?.[1]);
  return `Hello version: ${version}, instance: ${pod(`helloworld-${version}`)}\n\u001e200 0.002 \n\u001e`.repeat(
    count,
  );
}
