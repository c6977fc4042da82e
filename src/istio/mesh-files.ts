import type { MeshCluster } from '../provider/index.ts';
import { yamlOf } from './bounded-text.ts';
import { type BundledPod, choosePods, type ServiceObject } from './bundled-pods.ts';
import { Collection } from './collection.ts';
import { configFiles } from './config-files.ts';
import { dumpFiles } from './dump-files.ts';
import type { ServiceRef } from './expected-endpoints.ts';
import { logFiles } from './log-files.ts';
import { SYSTEM_NAMESPACE } from './names.ts';
import { meshFirst, objectFiles } from './object-files.ts';
import { secretFiles } from './secret-files.ts';
import { type NodeObject, versionFacts } from './version-facts.ts';

export interface MeshFilesOptions {
  readonly cluster: MeshCluster;
  /** A Service that several clusters answer: one of its pods is the server whose proxy is dumped. */
  readonly service?: ServiceRef | undefined;
  readonly signal: AbortSignal;
}

/**
 * What a maintainer asks for of one cluster: objects, configuration, logs, istiod's debug pages,
 * proxies' dumps and facts of Secrets, all within the limits of `bundleLimits`. A cluster that does
 * not answer is one entry of `missing`. Throws INTERRUPTED only.
 */
export async function collectMeshFiles(options: MeshFilesOptions): Promise<Collection> {
  const { cluster, signal } = options;
  const collection = new Collection();
  const version = await collection.look('everything of the cluster', () =>
    cluster.kube.version({ signal, timeoutMs: 15_000 }),
  );
  if (version !== undefined) await collect({ ...options, collection, version });
  return collection;
}

async function collect(
  options: MeshFilesOptions & { readonly collection: Collection; readonly version: string },
): Promise<void> {
  const { cluster, signal, collection, service, version } = options;
  const { kube } = cluster;
  const [allPods, services = [], nodes = []] = await Promise.all([
    collection.look('objects/Pod.yaml', () => kube.list<BundledPod>('v1', 'Pod', { signal })),
    collection.look('choice of a server', () => kube.list<ServiceObject>('v1', 'Service', { signal })),
    collection.look('versions of nodes', () => kube.list<NodeObject>('v1', 'Node', { signal })),
  ]);
  const pods = allPods ?? [];
  const chosen = choosePods({ pods, services, service, collection });
  const { istiods, gateways, sidecars, others } = chosen;
  const namespaces = new Set([
    SYSTEM_NAMESPACE,
    ...[...istiods, ...gateways, ...sidecars].flatMap(({ metadata }) => metadata?.namespace ?? []),
  ]);
  if (allPods)
    collection.put('objects/Pod.yaml', 'every pod and its state', yamlOf(meshFirst(pods, namespaces)));
  const versions = versionFacts(version, nodes, pods);
  const content = `${JSON.stringify(versions, undefined, 1)}\n`;
  collection.put('versions.json', 'Kubernetes, nodes and images of Istio', { content });
  const found = { cluster, signal, collection, namespaces };
  await Promise.all([
    dumpFiles(found, chosen),
    logFiles(found, [...istiods, ...gateways, ...sidecars, ...others]),
    secretFiles({ ...found, namespaces: secretNamespaces(gateways) }),
    configFiles(found),
    objectFiles(found),
  ]);
}

/** Applications' Secrets are not looked at. */
const secretNamespaces = (gateways: readonly BundledPod[]): string[] => [
  ...new Set([SYSTEM_NAMESPACE, ...gateways.flatMap(({ metadata }) => metadata?.namespace ?? [])]),
];
