import type { ClusterCapabilities, LoadBalancerSettings } from '../../provider/index.ts';
import {
  type ClusterSpec,
  DEFAULT_ISTIO_NAMESPACE,
  istioNamespaceOf,
  type Topology,
} from '../../topology/index.ts';
import {
  EAST_WEST_GATEWAY,
  EAST_WEST_PORT,
  INGRESS_GATEWAY,
  INGRESS_NAMESPACE,
  STATUS_PORT,
} from '../names.ts';
import { clusterLocalHosts } from '../services/shared-hosts.ts';

/** Everything that decides one cluster's objects. */
export interface InstallOptions {
  readonly topology: Topology;
  readonly spec: ClusterSpec;
  readonly capabilities: ClusterCapabilities;
}

/** The input of `istioctl manifest generate` for one cluster. */
export function operatorFor(plan: InstallOptions): Record<string, unknown> {
  const { topology, spec } = plan;
  const namespace = istioNamespaceOf(spec);
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: 'minimal',
      ...elsewhere(namespace, (name) => ({ namespace: name })),
      hub: topology.istio.hub,
      tag: topology.istio.version,
      meshConfig: meshConfig(plan),
      components: {
        pilot: {
          enabled: true,
          k8s: { overlays: startupProbe('istiod', 'discovery', { path: '/ready', port: 8080 }) },
        },
        ingressGateways: [ingressGateway(plan), eastWestGateway(plan)],
      },
      values: values(plan),
    },
  };
}

/** What every proxy's agent is told. */
const proxyMetadata = {
  // With it an agent hands roots that istiod announces to its proxy, which a root's rotation needs.
  PROXY_CONFIG_XDS_AGENT: 'true',
  // A proxy makes a key with every certificate, and signs with it in every handshake. Of RSA, Istio's own
  // choice, a key takes a quarter of a second and a signature twenty times as long.
  ECC_SIGNATURE_ALGORITHM: 'ECDSA',
};

/** Said only where it is not Istio's own, so that the charts' input stays what it was for all other clusters. */
const elsewhere = <T extends object>(namespace: string, say: (namespace: string) => T): T | object =>
  namespace === DEFAULT_ISTIO_NAMESPACE ? {} : say(namespace);

function meshConfig({ topology, capabilities }: InstallOptions): Record<string, unknown> {
  const local = clusterLocalHosts(topology);
  return {
    trustDomain: topology.trustDomain,
    defaultConfig: { proxyMetadata },
    ...(capabilities.proxy === 'vanilla' ? { defaultProviders: { metrics: [] } } : {}),
    ...(local.length > 0 ? { serviceSettings: [{ settings: { clusterLocal: true }, hosts: local }] } : {}),
  };
}

function ingressGateway({ capabilities }: InstallOptions): Record<string, unknown> {
  const { ingress } = capabilities.loadBalancers;
  return {
    name: INGRESS_GATEWAY,
    namespace: INGRESS_NAMESPACE,
    enabled: true,
    label: { app: INGRESS_GATEWAY, istio: 'ingressgateway' },
    k8s: {
      overlays: proxyStartupProbe(INGRESS_GATEWAY),
      service: {
        ports: [...statusPorts(ingress), port('http2', 80, 8080), port('https', 443, 8443)],
      },
    },
  };
}

function eastWestGateway({ spec, capabilities }: InstallOptions): Record<string, unknown> {
  return {
    name: EAST_WEST_GATEWAY,
    namespace: INGRESS_NAMESPACE,
    enabled: true,
    label: { app: EAST_WEST_GATEWAY, istio: 'eastwestgateway' },
    k8s: {
      overlays: proxyStartupProbe(EAST_WEST_GATEWAY),
      // It must pass traffic on to its own network only, or two gateways send a request to and fro.
      env: [{ name: 'ISTIO_META_REQUESTED_NETWORK_VIEW', value: spec.network }],
      // Every cluster has its own istiod, so istiod's ports stay closed to the other networks.
      service: {
        ports: [
          ...statusPorts(capabilities.loadBalancers.eastWest),
          port('tls', EAST_WEST_PORT, EAST_WEST_PORT),
        ],
      },
    },
  };
}

const proxyStartupProbe = (deployment: string) =>
  startupProbe(deployment, 'istio-proxy', { path: '/healthz/ready', port: STATUS_PORT });

/**
 * What Istio's charts give sidecars alone: a look every second until it is ready, for ten minutes as
 * theirs. By their readiness probes istiod is seen up to three seconds late, a gateway up to two.
 */
function startupProbe(deployment: string, container: string, httpGet: { path: string; port: number }) {
  const value = { httpGet, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 600 };
  const patch = { path: `spec.template.spec.containers.[name:${container}].startupProbe`, value };
  return [{ apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, patches: [patch] }];
}

const port = (name: string, from: number, to: number) => ({
  name,
  port: from,
  targetPort: to,
  protocol: 'TCP',
});
/** First, because load balancers that are told nothing probe the first port; the others need no such listener. */
const statusPorts = ({ statedHealthCheck }: LoadBalancerSettings) =>
  statedHealthCheck ? [] : [port('status-port', STATUS_PORT, STATUS_PORT)];

function values(plan: InstallOptions): Record<string, unknown> {
  const { topology, spec, capabilities } = plan;
  const small = capabilities.size === 'small';
  const scale = small ? singleReplica : autoscaled(topology.istio.replicas);
  return {
    global: {
      ...elsewhere(istioNamespaceOf(spec), (istioNamespace) => ({ istioNamespace })),
      meshID: topology.meshID,
      network: spec.network,
      multiCluster: { clusterName: spec.name },
      imagePullPolicy: 'IfNotPresent',
      ...(capabilities.priorityClass ? { priorityClassName: capabilities.priorityClass } : {}),
      ...(small ? { proxy: { resources: requests('10m', '40Mi') } } : {}),
    },
    pilot: {
      ...scale,
      env: pilotEnvironment(capabilities),
      ...(small ? { resources: requests('10m', '128Mi') } : { topologySpreadConstraints: spread('istiod') }),
    },
    gateways: {
      // The one chart value for all gateways, named after the first.
      'istio-ingressgateway': { ...scale, ...(small ? { resources: requests('10m', '64Mi') } : {}) },
    },
    ...(capabilities.proxy === 'vanilla' ? { telemetry: { enabled: false } } : {}),
  };
}

function pilotEnvironment(capabilities: ClusterCapabilities): Record<string, string> {
  return {
    AUTO_RELOAD_PLUGIN_CERTS: 'true',
    ISTIO_MULTIROOT_MESH: 'true',
    // Only for clusters whose proxies are an Envoy without Istio's own filters; docs/istio.md says what it costs.
    ...(capabilities.proxy === 'vanilla'
      ? {
          PILOT_ENABLE_METADATA_EXCHANGE: 'false',
          PILOT_ENABLE_ALPN_FILTER: 'false',
          PILOT_DISABLE_MX_ALPN: 'true',
        }
      : {}),
  };
}

const requests = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: null });
const singleReplica = { autoscaleEnabled: false, replicaCount: 1 };

function autoscaled(wanted: number): Record<string, unknown> {
  const replicas = Math.max(2, wanted);
  return { autoscaleEnabled: true, autoscaleMin: replicas, autoscaleMax: Math.max(5, replicas * 2) };
}

/** Spread the pods of an app over zones and, within one, over nodes, as far as there is room. */
export function spread(app: string): Record<string, unknown>[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app } },
  }));
}
