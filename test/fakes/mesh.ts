import { ensureRemoteSecrets, objectsOfService } from '../../src/istio/index.ts';
import type { KubeObject } from '../../src/kubernetes/index.ts';
import { createRoot, issueIntermediate, issueLeaf, toSecretData } from '../../src/pki/index.ts';
import type { LoadBalancer, MeshCluster } from '../../src/provider/index.ts';
import { recordingReporter, silentReporter } from '../../src/report/index.ts';
import { type ClusterSpec, cidrOf, type ServiceSpec, type Topology } from '../../src/topology/index.ts';
import { connectionTo, FakeApiServer } from './api-server.ts';
import type { ExecAnswer, ExecRequest } from './exec-door.ts';
import { internalGateways, plainLoadBalancers, quickly } from './gateways.ts';
import { istioKinds } from './kinds.ts';

const wish = (name: string, index: number, more: Partial<ServiceSpec>): ServiceSpec => ({
  host: `${name}.shop`,
  name,
  namespace: 'shop',
  index,
  selector: { app: name },
  ...more,
});

/** What the file of a fake mesh wants of services, one of each wish. */
const wishes = (names: readonly string[]): ServiceSpec[] => [
  wish('catalog', 0, { failover: ['eks-1', 'eks-2'] }),
  wish('cart', 1, {
    split: { by: 'version', weights: { v1: 50, v2: 50 }, match: [] },
    access: [{ namespace: 'sample' }],
  }),
  wish('vault', 2, { residency: names }),
];
const vaultHost = 'vault.shop.svc.cluster.local';
const cartHost = 'cart.shop.svc.cluster.local';

/** One cluster of a fake mesh. */
export interface FakeMember {
  readonly server: FakeApiServer;
  readonly cluster: MeshCluster;
  /** Commands of its pods that a test answers itself, before the usual answers. */
  override: (request: ExecRequest) => ExecAnswer | undefined;
}

/**
 * Clusters in networks of their own, eks-1 and eks-2 unless others are named, each with what a mesh that is whole has: node, istiod,
 * east-west gateway, remote secrets, samples, configuration. Pods answer as istiod, Envoy and curl do.
 */
export class FakeMesh {
  readonly members: readonly FakeMember[];
  readonly topology: Topology;
  /** As the provider sees them; one for each gateway. */
  loadBalancers: (cluster: string) => Promise<readonly LoadBalancer[]>;

  private constructor(members: readonly FakeMember[], topology: Topology) {
    this.members = members;
    this.topology = topology;
    this.loadBalancers = async (name) => [balancerOf(this.member(name).cluster.spec)];
  }

  /** Servers without any object of a mesh. */
  static async empty(): Promise<FakeMesh> {
    const topology = topologyOf(['eks-1', 'eks-2']);
    const members = await Promise.all(
      topology.clusters.map(async (spec): Promise<FakeMember> => {
        const server = await FakeApiServer.start({ name: spec.name });
        return { server, cluster: clusterOf(spec, server), override: () => undefined };
      }),
    );
    const mesh = new FakeMesh(members, topology);
    mesh.loadBalancers = async () => [];
    return mesh;
  }

  /** A mesh that every check passes. */
  static async healthy(names: readonly string[] = ['eks-1', 'eks-2']): Promise<FakeMesh> {
    const services = wishes(names);
    const topology = { ...topologyOf(names), services };
    const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    const members = await Promise.all(
      topology.clusters.map(async (spec): Promise<FakeMember> => {
        const server = await FakeApiServer.start({ name: spec.name, kinds: istioKinds });
        return { server, cluster: clusterOf(spec, server), override: () => undefined };
      }),
    );
    const mesh = new FakeMesh(members, topology);
    for (const member of members) {
      const { spec } = member.cluster;
      const authority = await issueIntermediate({
        root,
        cluster: spec.name,
        meshName: 'demo',
        days: 365,
        algorithm: 'ecdsa-p256',
        trustDomain: 'cluster.local',
      });
      const leaf = await issueLeaf({
        issuer: authority,
        commonName: '',
        uris: ['spiffe://cluster.local/ns/sample/sa/default'],
        usages: ['server', 'client'],
        days: 1,
      });
      const { server } = member;
      server.put(...objectsOf(spec, { secret: toSecretData(authority, root), root: root.certificatePem }));
      server.put(...services.flatMap((service) => objectsOfService(topology, service)));
      server.admit = injecting(server);
      const certificates = { chain: leaf.certificatePem + leaf.chainPem, root: root.certificatePem };
      server.exec = (request) => member.override(request) ?? run(request, { mesh, spec, certificates });
    }
    await ensureRemoteSecrets({
      topology,
      clusters: members.map(({ cluster }) => cluster),
      reporter: silentReporter,
      signal: new AbortController().signal,
    });
    mesh.forgetRequests();
    return mesh;
  }

  member(name: string): FakeMember {
    const found = this.members.find(({ cluster }) => cluster.spec.name === name);
    if (!found) throw new Error(`no cluster ${name}`);
    return found;
  }

  /** For one run of checks, whose requests bear this token. */
  async context(token = 'planted-token', signal = new AbortController().signal) {
    const clusters = await Promise.all(
      this.members.map(async ({ cluster, server }) => ({
        ...cluster,
        kube: server.client(await connectionTo(server.port, server.name, token)),
      })),
    );
    const loadBalancers = (name: string) => this.loadBalancers(name);
    return { topology: this.topology, clusters, loadBalancers, reporter: recordingReporter(), signal };
  }

  forgetRequests(): void {
    for (const { server } of this.members) {
      server.seen.length = 0;
      server.writes.length = 0;
      server.refused.length = 0;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ server }) => server.close()));
  }
}

const specOf = (name: string, index: number): ClusterSpec => ({
  name,
  index,
  provider: 'existing',
  context: `arn:fake/${name}`,
  kubeconfig: undefined,
  apiServer: undefined,
  cloud: undefined,
  network: `network${index + 1}`,
  cidr: cidrOf(`10.${index + 1}.0.0/16`),
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  gateways: internalGateways,
});

export const topologyOf = (names: readonly string[]): Topology => ({
  name: 'demo',
  file: '/nowhere/mesh.yaml',
  meshID: 'mesh1',
  trustDomain: 'cluster.local',
  istio: {
    version: '1.31',
    hub: 'docker.io/istio',
    remoteSecretDays: 30,
    remoteAccess: 'auto',
    replicas: 1,
    mtls: 'strict',
  },
  trust: { algorithm: 'ecdsa-p256', rootYears: 10, intermediateDays: 365 },
  samples: true,
  services: [],
  sharedNamespaces: [],
  clusters: names.map(specOf),
});

/** A client with connections of its own, as every run of isthmus has. */
const clusterOf = (spec: ClusterSpec, server: FakeApiServer): MeshCluster => ({
  spec,
  kube: server.client(),
  capabilities: { proxy: 'vanilla', size: 'small', patience: quickly, loadBalancers: plainLoadBalancers },
});

const addresses = ({ index }: ClusterSpec) => ({
  gateway: `192.0.2.${index + 1}`,
  helloworld: `10.${index + 1}.0.20`,
  pod: (last: number) => `10.${index + 1}.0.${last}`,
});

function balancerOf(spec: ClusterSpec): LoadBalancer {
  const { gateway, pod } = addresses(spec);
  const target = { address: pod(11), port: 15443, zone: 'a', state: 'healthy' as const };
  return {
    cluster: spec.name,
    namespace: 'istio-ingress',
    service: 'istio-eastwestgateway',
    addresses: [gateway],
    listeners: [{ port: 15443, targets: [target] }],
  };
}

/** Long ago, so that nothing looks like a roll-out. */
const made = '2026-01-01T00:00:00Z' as unknown as Date;
const ready = [{ type: 'Ready', status: 'True', lastTransitionTime: made }];

type Labels = Readonly<Record<string, string>>;

const meta = (namespace: string | undefined, name: string, labels: Labels = {}) => ({
  name,
  ...(namespace ? { namespace } : {}),
  labels,
  creationTimestamp: made,
});

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ip: string;
  readonly containers: readonly object[];
}

/** A Deployment with one pod. */
function workload({ namespace, name, labels, ip, containers }: Workload): KubeObject[] {
  const spec = { containers };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(namespace, name, labels),
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta(namespace, `${name}-6d5f7b9c8-abcde`, labels),
      spec: { nodeName: 'node-1', ...spec },
      status: { phase: 'Running', podIP: ip, conditions: ready },
    },
  ];
}

const proxy = (network: string) => ({
  name: 'istio-proxy',
  image: 'docker.io/istio/proxyv2:1.31.0',
  env: [{ name: 'ISTIO_META_NETWORK', value: network }],
});

interface Trust {
  readonly secret: Readonly<Record<string, string>>;
  readonly root: string;
}

function objectsOf(spec: ClusterSpec, trust: Trust): KubeObject[] {
  return [
    ...infrastructure(spec),
    ...controlPlane(spec, trust),
    ...gatewayObjects(spec),
    ...samples(spec),
    ...shop(spec),
    ...configuration(spec),
  ];
}

const infrastructure = ({ network }: ClusterSpec): KubeObject[] => [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(undefined, 'node-1', {
      'topology.kubernetes.io/region': 'here',
      'topology.kubernetes.io/zone': 'a',
    }),
    status: { conditions: ready },
  },
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: meta(undefined, 'istio-system', { 'topology.istio.io/network': network }),
  },
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: meta(undefined, 'sample', { 'istio-injection': 'enabled' }),
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta(undefined, 'tools') },
  { apiVersion: 'v1', kind: 'Namespace', metadata: meta(undefined, 'shop') },
];

function controlPlane({ name, index }: ClusterSpec, { secret, root }: Trust): KubeObject[] {
  const env = [
    { name: 'CLUSTER_ID', value: name },
    { name: 'ISTIO_MULTIROOT_MESH', value: 'true' },
  ];
  const mesh = JSON.stringify({
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
      namespace: 'istio-system',
      name: 'istiod',
      labels: { app: 'istiod' },
      ip: `10.${index + 1}.0.10`,
      containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.31.0', env }],
    }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('istio-system', 'istio'), data: { mesh } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: meta('istio-system', 'istio-ca-root-cert'),
      data: { 'root-cert.pem': root },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: meta('istio-system', 'cacerts'), stringData: secret },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: meta('istio-system', 'istio-reader-service-account'),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: meta(undefined, 'istio-reader-clusterrole-istio-system'),
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

function samples(spec: ClusterSpec): KubeObject[] {
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

const shop = (spec: ClusterSpec): KubeObject[] =>
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
const configuration = ({ index }: ClusterSpec): KubeObject[] => [
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
    metadata: meta('istio-system', 'default'),
    spec: { mtls: { mode: 'STRICT' } },
  },
  ...(index === 0
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

/** istiod's webhook: a pod of a namespace that asks for it gets a sidecar. */
const injecting =
  (server: FakeApiServer) =>
  (object: KubeObject): KubeObject => {
    if (object.kind !== 'Pod') return object;
    const name = object.metadata?.namespace ?? 'default';
    const home = server.store.find({
      kind: server.store.kindOf('v1', 'Namespace'),
      namespace: undefined,
      name,
    });
    if (home?.metadata?.labels?.['istio-injection'] !== 'enabled') return object;
    const spec = object['spec'] as { containers: readonly object[] };
    return {
      ...object,
      spec: { ...spec, containers: [...spec.containers, { name: 'istio-proxy', image: 'proxyv2' }] },
    };
  };

interface Running {
  readonly mesh: FakeMesh;
  readonly spec: ClusterSpec;
  readonly certificates: { readonly chain: string; readonly root: string };
}

/** What pods answer: istiod's debug pages and metrics, Envoy's admin pages, curl. */
function run({ command }: ExecRequest, running: Running): ExecAnswer | undefined {
  const [program = '', ...rest] = command;
  const path = rest.at(-1) ?? '';
  if (program === 'pilot-discovery') return istiodPage(path, running);
  if (program === 'pilot-agent') return envoyPage(path, running);
  if (program === 'curl') return { stdout: answers(path, running) };
  // The first byte of a TLS handshake, in base64.
  if (program === 'sh' && path.includes('telnet://')) return { stdout: 'Fg==' };
  return undefined;
}

function istiodPage(path: string, { mesh, spec }: Running): ExecAnswer {
  if (path === '/metrics') return { stdout: 'process_resident_memory_bytes 1e+08\n' };
  const names = mesh.topology.clusters.map(({ name }) => name);
  if (path === '/debug/clusterz') {
    const status = names.map((id) => ({
      id,
      secretName: id === spec.name ? '' : `istio-system/istio-remote-secret-${id}`,
      syncStatus: 'synced',
    }));
    return { stdout: JSON.stringify(status) };
  }
  if (path === '/debug/mesh') {
    const serviceSettings = [{ settings: { clusterLocal: true }, hosts: [vaultHost] }];
    return { stdout: JSON.stringify({ serviceSettings }) };
  }
  const shards = mesh.topology.clusters.map((one) => [
    `Kubernetes/${one.name}`,
    [{ Addresses: [addresses(one).helloworld] }],
  ]);
  const host = 'helloworld.sample.svc.cluster.local';
  return { stdout: JSON.stringify({ [host]: { sample: { Shards: Object.fromEntries(shards) } } }) };
}

function envoyPage(path: string, { mesh, spec, certificates }: Running): ExecAnswer {
  if (path === 'config_dump?resource=dynamic_listeners') {
    const names = ['', 'v1', 'v2'].map((subset) => `outbound_.5000_.${subset}_.${cartHost}`);
    const listener = { filter_chains: [{ filter_chain_match: { server_names: names } }] };
    return { stdout: JSON.stringify({ configs: [{ active_state: { listener } }] }) };
  }
  if (path.startsWith('config_dump')) {
    const inline = (text: string) => ({ inline_bytes: Buffer.from(text).toString('base64') });
    const configs = [
      { name: 'default', secret: { tls_certificate: { certificate_chain: inline(certificates.chain) } } },
      { name: 'ROOTCA', secret: { validation_context: { trusted_ca: inline(certificates.root) } } },
    ];
    return { stdout: JSON.stringify({ configs }) };
  }
  const hosts = mesh.topology.clusters.map((one) => {
    const { gateway, helloworld } = addresses(one);
    const [address, port_value] = one.name === spec.name ? [helloworld, 5000] : [gateway, 15443];
    return { address: { socket_address: { address, port_value } }, weight: 1, health_status: {} };
  });
  const shared = [`|helloworld.sample.svc.cluster.local`, `|${cartHost}`, `v1|${cartHost}`, `v2|${cartHost}`];
  const statuses = [
    ...shared.map((rest) => ({ name: `outbound|5000|${rest}`, host_statuses: hosts })),
    {
      name: `outbound|5000||${vaultHost}`,
      host_statuses: hosts.filter((_, at) => at === spec.index),
    },
  ];
  return { stdout: JSON.stringify({ cluster_statuses: statuses }) };
}

/** Every cluster in turn, as round robin deals. */
function answers(url: string, { mesh }: Running): string {
  const count = Number(/\[1-(\d+)\]$/.exec(url)?.[1] ?? 0);
  const all = mesh.topology.clusters;
  return Array.from({ length: count }, (_, at) => {
    const version = `v${(all[at % all.length]?.index ?? 0) + 1}`;
    const body = `Hello version: ${version}, instance: helloworld-${version}-6d5f7b9c8-abcde\n`;
    return `${body}\u001e200 0.002 \n\u001e`;
  }).join('');
}

/** Each istiod's log has one more line for every time its remote secret was written. */
export function tellOfKubeconfigs(mesh: FakeMesh): void {
  for (const { server, cluster } of mesh.members) {
    const peer = cluster.spec.name === 'eks-1' ? 'eks-2' : 'eks-1';
    server.logs = () => {
      const version = server.store.find({
        kind: server.store.kindOf('v1', 'Secret'),
        namespace: 'istio-system',
        name: `istio-remote-secret-${peer}`,
      })?.metadata?.resourceVersion;
      return `info\tUpdate cluster ${version} cluster=${peer}\n`;
    };
  }
}
