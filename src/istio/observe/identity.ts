import { isIPv6 } from 'node:net';
import { parse } from 'yaml';
import type { CallOptions, KubeClient, KubeObject } from '../../kubernetes/index.ts';
import { NETWORK_LABEL, SAMPLE_NAMESPACE, SYSTEM_NAMESPACE } from '../names.ts';
import { parseRemoteKubeconfig } from '../remotes/remote-kubeconfig.ts';

/** What an installed istiod says of its own cluster, whoever installed it. */
export interface ClusterIdentity {
  /** By which name other istiods must know the cluster; undefined without an istiod. */
  readonly clusterId: string | undefined;
  /** By the label of istio-system, else what its proxies are told; `unknown` if neither says. */
  readonly network: string;
  readonly meshId: string | undefined;
  readonly trustDomain: string;
  readonly ipFamily: 'ipv4' | 'ipv6';
  /** Are sleep (or curl) and helloworld of Istio's samples here? */
  readonly samples: boolean;
  /** API server that the cluster's remote secrets name, by the peer's name. */
  readonly peers: Readonly<Record<string, string>>;
}

/** Environment of istiod's container `discovery`, stated values only. */
export type IstiodEnvironment = Readonly<Record<string, string>>;

interface DeploymentObject extends KubeObject {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly name: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** The part of Istio's mesh configuration that must agree between primaries. */
export interface MeshConfig {
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  readonly defaultConfig?: {
    readonly meshId?: string;
    readonly proxyMetadata?: Readonly<Record<string, string>>;
  };
}

/** Environment of every istiod Deployment, one for each revision. */
export async function istiodEnvironments(
  kube: KubeClient,
  options: CallOptions = {},
): Promise<IstiodEnvironment[]> {
  const deployments = await kube.list<DeploymentObject>('apps/v1', 'Deployment', {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: 'app=istiod',
    ...options,
  });
  return deployments.map(({ spec }) => {
    const discovery = spec?.template?.spec?.containers?.find(({ name }) => name === 'discovery');
    return Object.fromEntries((discovery?.env ?? []).map(({ name, value }) => [name, value ?? '']));
  });
}

/** `istio-system/istio` (or that of a revision) as istiod reads it; undefined without one. */
export async function meshConfigOf(
  kube: KubeClient,
  options: RevisionOptions = {},
): Promise<MeshConfig | undefined> {
  const data = await configMapOf(kube, 'istio', options);
  return data && ((parse(data['mesh'] ?? '') ?? {}) as MeshConfig);
}

/** The network that sidecars and gateways of this cluster are told; undefined if none is set. */
async function injectedNetwork(kube: KubeClient, options: RevisionOptions): Promise<string | undefined> {
  const data = await configMapOf(kube, 'istio-sidecar-injector', options);
  // JSON is YAML, and a hand-written ConfigMap may well be the latter.
  const values = parse(data?.['values'] ?? '') as { global?: { network?: string } } | null;
  return values?.global?.network || undefined;
}

type RevisionOptions = CallOptions & { revision?: string | undefined };

/** Data of a ConfigMap that each revision of istiod has for itself. */
async function configMapOf(
  kube: KubeClient,
  base: string,
  { revision, ...call }: RevisionOptions,
): Promise<Record<string, string> | undefined> {
  const name = revision && revision !== 'default' ? `${base}-${revision}` : base;
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: SYSTEM_NAMESPACE, name };
  const found = await kube.get<KubeObject & { data?: Record<string, string> }>(ref, call);
  return found && (found.data ?? {});
}

/** Ask one cluster who it is. Throws what its API server throws. */
export async function readIdentity(kube: KubeClient, options: CallOptions = {}): Promise<ClusterIdentity> {
  const [environments, namespace, api, samples, peers] = await Promise.all([
    istiodEnvironments(kube, options),
    kube.get({ apiVersion: 'v1', kind: 'Namespace', name: SYSTEM_NAMESPACE }, options),
    kube.get<ServiceObject>(
      { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'kubernetes' },
      options,
    ),
    hasSamples(kube, options),
    peersOf(kube, options),
  ]);
  const [environment = {}] = environments;
  const ofRevision = { ...options, revision: environment['REVISION'] };
  const [config, injected] = await Promise.all([
    meshConfigOf(kube, ofRevision),
    injectedNetwork(kube, ofRevision),
  ]);
  return {
    clusterId: environment['CLUSTER_ID'] || undefined,
    network: namespace?.metadata?.labels?.[NETWORK_LABEL] || injected || 'unknown',
    meshId: config?.defaultConfig?.meshId,
    trustDomain: config?.trustDomain ?? 'cluster.local',
    ipFamily: isIPv6(api?.spec?.clusterIP ?? '') ? 'ipv6' : 'ipv4',
    samples,
    peers,
  };
}

interface ServiceObject extends KubeObject {
  readonly spec?: { readonly clusterIP?: string };
}

async function hasSamples(kube: KubeClient, options: CallOptions): Promise<boolean> {
  const of = { namespace: SAMPLE_NAMESPACE, ...options };
  const [services, callers] = await Promise.all([
    kube.list('v1', 'Service', of),
    kube.list('v1', 'Pod', { ...of, labelSelector: 'app in (sleep,curl)' }),
  ]);
  return services.some(({ metadata }) => metadata?.name === 'helloworld') && callers.length > 0;
}

async function peersOf(kube: KubeClient, options: CallOptions): Promise<Record<string, string>> {
  const secrets = await kube.list<KubeObject & { data?: Record<string, string> }>('v1', 'Secret', {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: 'istio/multiCluster=true',
    ...options,
  });
  const entries = secrets.flatMap(({ data = {} }) => Object.entries(data));
  return Object.fromEntries(
    entries.map(([peer, encoded]) => {
      const access = parseRemoteKubeconfig(Buffer.from(encoded, 'base64').toString('utf8'));
      return [peer, access?.server ?? ''];
    }),
  );
}
