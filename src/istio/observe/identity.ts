import { isIPv6 } from 'node:net';
import { parse } from 'yaml';
import type { CallOptions, KubeClient, Pod, Service } from '../../kubernetes/index.ts';
import { networkStatedFor, type StatedNetwork } from '../endpoints/stated-networks.ts';
import { NETWORK_LABEL, SAMPLE_NAMESPACE } from '../names.ts';
import { readRemoteKubeconfig } from '../remotes/kubeconfig/read-kubeconfig.ts';
import { labelledSecrets } from '../remotes/labelled-secrets.ts';
import { findIstioNamespace } from './istio-namespace.ts';
import { configsOf, type IstioPlace, istiodRevisions, revisionedConfigMap } from './mesh-config.ts';

/** What an installed istiod says of its own cluster, whoever installed it. */
export interface ClusterIdentity {
  /** By which name other istiods must know the cluster; undefined without an istiod. */
  readonly clusterId: string | undefined;
  /** Namespace of its istiod, or the usual one without any. */
  readonly istioNamespace: string;
  /** Namespaces of istiods that are as likely the mesh's; none where there is no doubt. */
  readonly rivals: readonly string[];
  /** By the label of istiod's namespace, else what its proxies are told, else `meshNetworks`; `unknown` if none says. */
  readonly network: string;
  readonly meshId: string | undefined;
  readonly trustDomain: string;
  readonly ipFamily: 'ipv4' | 'ipv6';
  /** Are sleep (or curl) and helloworld of Istio's samples here? */
  readonly samples: boolean;
  /** API server that the cluster's remote secrets name, by the peer's name. */
  readonly peers: Readonly<Record<string, string>>;
}

/** The network that sidecars and gateways of this cluster are told; undefined if none is set. */
async function injectedNetwork(
  place: IstioPlace,
  revision: string,
  options: CallOptions,
): Promise<string | undefined> {
  const data = await revisionedConfigMap(place, { base: 'istio-sidecar-injector', revision }, options);
  // JSON is YAML, and a hand-written ConfigMap may well be the latter.
  const values = parse(data?.['values'] ?? '') as { global?: { network?: string } } | null;
  return values?.global?.network || undefined;
}

/** Ask one cluster who it is. Throws what its API server throws. */
export async function readIdentity(kube: KubeClient, options: CallOptions = {}): Promise<ClusterIdentity> {
  const { namespace: istioNamespace, rivals } = await findIstioNamespace(kube, options);
  const place = { kube, namespace: istioNamespace };
  const [revisions, namespace, api, samples, peers] = await Promise.all([
    istiodRevisions(place, options),
    kube.get({ apiVersion: 'v1', kind: 'Namespace', name: istioNamespace }, options),
    kube.get<Service>(
      { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'kubernetes' },
      options,
    ),
    hasSamples(kube, options),
    peersOf(place, options),
  ]);
  const [own] = revisions;
  const clusterId = own?.environment['CLUSTER_ID'] || undefined;
  const [injected, [told]] = await Promise.all([
    injectedNetwork(place, own?.revision ?? 'default', options),
    configsOf(place, own ? [own] : [], options),
  ]);
  const stated = told?.networks.stated ?? [];
  const network = namespace?.metadata?.labels?.[NETWORK_LABEL] || injected;
  return {
    istioNamespace,
    rivals,
    clusterId,
    network: network || (await statedNetwork(place, { clusterId, stated }, options)) || 'unknown',
    meshId: told?.config.defaultConfig?.meshId,
    trustDomain: told?.config.trustDomain ?? 'cluster.local',
    ipFamily: isIPv6(api?.spec?.clusterIP ?? '') ? 'ipv6' : 'ipv4',
    samples,
    peers,
  };
}

/** The network by the mesh configuration, for which its istiod's pod stands where that goes by addresses. */
async function statedNetwork(
  { kube, namespace }: IstioPlace,
  { clusterId: cluster, stated }: { clusterId: string | undefined; stated: readonly StatedNetwork[] },
  options: CallOptions,
): Promise<string | undefined> {
  const byName = networkStatedFor(stated, { cluster });
  if (byName || stated.every(({ cidrs }) => cidrs.length === 0)) return byName;
  const pods = await kube.list<Pod>('v1', 'Pod', { namespace, labelSelector: 'app=istiod', ...options });
  const podIP = pods.flatMap(({ status }) => status?.podIP ?? [])[0];
  return networkStatedFor(stated, { cluster, podIP });
}

async function hasSamples(kube: KubeClient, options: CallOptions): Promise<boolean> {
  const of = { namespace: SAMPLE_NAMESPACE, ...options };
  const [services, callers] = await Promise.all([
    kube.list('v1', 'Service', of),
    kube.list('v1', 'Pod', { ...of, labelSelector: 'app in (sleep,curl)' }),
  ]);
  return services.some(({ metadata }) => metadata?.name === 'helloworld') && callers.length > 0;
}

async function peersOf(place: IstioPlace, options: CallOptions): Promise<Record<string, string>> {
  const secrets = await labelledSecrets(place, options);
  const entries = secrets.flatMap(({ data = {} }) => Object.entries(data));
  return Object.fromEntries(
    entries.map(([peer, encoded]) => {
      const { access } = readRemoteKubeconfig(Buffer.from(encoded, 'base64').toString('utf8'));
      return [peer, access?.server ?? ''];
    }),
  );
}
