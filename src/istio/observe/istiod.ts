import type { CallOptions, ConfigMap, MutatingWebhookConfiguration } from '../../kubernetes/index.ts';
import { certificateBlocks } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { parseJson } from './pod-command.ts';
import { istiodServer, type PageRequest, podPage } from './pod-page.ts';

/** How one istiod sees one cluster whose API server it watches. */
export interface RemoteClusterStatus {
  /** Cluster name; the istiod's own cluster is in the list as well. */
  readonly id: string;
  /** `namespace/name` of the remote secret; empty for its own cluster. */
  readonly secretName: string;
  /** `synced`, `syncing`, `timeout`, `closed`, … */
  readonly syncStatus: string;
}

/** The trust that a running istiod acts on, wherever it can be seen from outside its memory. */
export interface IstiodRoots {
  /** PEM roots that istiod hands to workloads, one string per certificate (ConfigMap istio-ca-root-cert). */
  readonly roots: readonly string[];
  /** PEM roots that sign istiod's own serving certificate (caBundle of its injection webhook). */
  readonly webhookRoots: readonly string[];
  /** When the root that this very pod signs with ends, by its own metric. */
  readonly rootNotAfter: Date | undefined;
  /** When the shortest certificate of this pod's signing chain ends, by its own metric. */
  readonly chainNotAfter: Date | undefined;
}

/** The container of one istiod, by its pod. */
export const discoveryOf = ({ spec }: MeshCluster, name: string) => ({
  namespace: istioNamespaceOf(spec),
  name,
  container: 'discovery',
});

/** GET a path such as `/debug/clusterz` of one istiod. */
export async function istiodDebug(
  cluster: MeshCluster,
  istiodPod: string,
  request: PageRequest,
): Promise<unknown> {
  const text = await istiodPage(cluster, istiodPod, request);
  return parseJson(text, `istiod ${istiodPod} of ${cluster.spec.name}`);
}

const istiodPage = (cluster: MeshCluster, istiodPod: string, request: PageRequest) =>
  podPage(cluster, { ...discoveryOf(cluster, istiodPod), server: istiodServer }, request);

/** What one istiod says of itself, as Prometheus text. */
export const istiodMetrics = (
  cluster: MeshCluster,
  istiodPod: string,
  options: CallOptions = {},
): Promise<string> => istiodPage(cluster, istiodPod, { path: '/metrics', ...options });

/** The clusters that one istiod watches and how far each is synced. */
export async function remoteClusterStatus(
  cluster: MeshCluster,
  istiodPod: string,
  options: CallOptions = {},
): Promise<RemoteClusterStatus[]> {
  const answer = (await istiodDebug(cluster, istiodPod, { path: '/debug/clusterz', ...options })) as
    | readonly Partial<RemoteClusterStatus>[]
    | null;
  return (answer ?? []).map(({ id = '', secretName = '', syncStatus = '' }) => ({
    id,
    secretName,
    syncStatus,
  }));
}

/** Does istiod say of a remote cluster that it has read all of it? */
export const isSynced = (status: string): boolean => status.toLowerCase() === 'synced';

/** The roots that a running istiod with these metrics really uses, which the Secret cacerts alone does not show. */
export async function istiodRoots(
  cluster: MeshCluster,
  metricsPage: Promise<string>,
  options: CallOptions = {},
): Promise<IstiodRoots> {
  const [roots, webhookRoots, metrics] = await Promise.all([
    distributedRoots(cluster, options),
    webhookBundle(cluster, options),
    metricsPage,
  ]);
  return {
    roots: certificateBlocks(roots),
    webhookRoots,
    rootNotAfter: gaugeAsDate(metrics, 'citadel_server_root_cert_expiry_timestamp'),
    chainNotAfter: gaugeAsDate(metrics, 'citadel_server_cert_chain_expiry_timestamp'),
  };
}

/** Resident bytes of an istiod's process, by its own metrics; undefined if they have none. */
export const istiodMemory = (metrics: string): number | undefined =>
  gauge(metrics, 'process_resident_memory_bytes');

/** Signing requests that one istiod has answered since it started. */
export async function signedCertificates(
  cluster: MeshCluster,
  istiodPod: string,
  options: CallOptions = {},
): Promise<number> {
  return (
    gauge(await istiodMetrics(cluster, istiodPod, options), 'citadel_server_success_cert_issuance_count') ?? 0
  );
}

/** PEM of the roots that istiod hands to workloads; empty if it hands out none. */
export async function distributedRoots(
  { kube, spec }: MeshCluster,
  { signal }: CallOptions,
): Promise<string> {
  const namespace = istioNamespaceOf(spec);
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'istio-ca-root-cert' };
  const map = await kube.get<ConfigMap>(ref, { signal });
  return map?.data?.['root-cert.pem'] ?? '';
}

/** Each revision has a webhook of its own; one whose caBundle is empty is another check's finding. */
async function webhookBundle(cluster: MeshCluster, { signal }: CallOptions): Promise<string[]> {
  const hooks = await cluster.kube.list<MutatingWebhookConfiguration>(
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    { labelSelector: 'app=sidecar-injector', signal },
  );
  const all = hooks.flatMap(({ webhooks = [] }) => webhooks);
  const bundles = new Set(all.map(({ clientConfig }) => clientConfig.caBundle ?? ''));
  return certificateBlocks([...bundles].map((one) => Buffer.from(one, 'base64').toString('utf8')).join('\n'));
}

/** A gauge of Prometheus text; undefined if it is not there. */
function gauge(metrics: string, name: string): number | undefined {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+]+)$`, 'm').exec(metrics)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** A gauge of seconds since the epoch in Prometheus text, as a date. */
export function gaugeAsDate(metrics: string, name: string): Date | undefined {
  const seconds = gauge(metrics, name) ?? 0;
  return seconds > 0 ? new Date(seconds * 1000) : undefined;
}
