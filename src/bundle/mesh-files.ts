import type { ServiceRef } from '../istio/index.ts';
import type { KubeObject, Node, Pod, Service } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { istioNamespaceOf } from '../topology/index.ts';
import { choosePods } from './choose-pods.ts';
import { type CollectContext, Collection, type TakeFile } from './collection.ts';
import { configFiles } from './config-files.ts';
import { dumpFiles } from './dump-files.ts';
import { yamlOf } from './limits.ts';
import { logFiles } from './log-files.ts';
import { meshFirst, objectFiles } from './object-files.ts';
import { secretFiles } from './secret-files.ts';
import { versionFacts } from './version-facts.ts';

export interface MeshFilesOptions {
  readonly cluster: MeshCluster;
  /** A Service that several clusters answer: one of its pods is the server whose proxy is dumped. */
  readonly service?: ServiceRef | undefined;
  readonly signal: AbortSignal;
  /** Gets each file as it is found. */
  readonly take: TakeFile;
}

/**
 * What a maintainer asks for of one cluster: objects, configuration, logs, istiod's debug pages,
 * proxies' dumps and facts of Secrets, all within the limits of `bundleLimits`. A cluster that does
 * not answer is one entry of `missing`. Throws INTERRUPTED, and what `take` throws.
 */
export async function collectMeshFiles(options: MeshFilesOptions): Promise<Collection> {
  const { cluster, signal } = options;
  const collection = new Collection(options.take);
  const version = await collection.collect('everything of the cluster', () =>
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
  const list = <T extends KubeObject>(kind: string) =>
    collection.collect(`objects/${kind}.yaml`, () => kube.list<T>('v1', kind, { signal }));
  const [pods, services, nodes] = await Promise.all([
    list<Pod>('Pod'),
    list<Service>('Service'),
    list<Node>('Node'),
  ]);
  const istioNamespace = istioNamespaceOf(cluster.spec);
  const chosen = choosePods({
    pods: pods ?? [],
    services: services ?? [],
    service,
    collection,
    istioNamespace,
  });
  const { istiods, gateways, sidecars, others } = chosen;
  const namespaces = new Set([
    istioNamespace,
    ...[...istiods, ...gateways, ...sidecars].flatMap(({ metadata }) => metadata?.namespace ?? []),
  ]);
  const found: CollectContext = { cluster, signal, collection, namespaces };
  const versions = versionFacts(version, nodes ?? [], pods ?? []);
  const content = `${JSON.stringify(versions, undefined, 1)}\n`;
  await Promise.all([
    collection.put('versions.json', 'Kubernetes, nodes and images of Istio', { content }),
    putObjects(found, { kind: 'Pod', about: 'every pod and its state', objects: pods }),
    putObjects(found, {
      kind: 'Service',
      about: 'every Service, gateways with their addresses',
      objects: services,
    }),
    putObjects(found, { kind: 'Node', about: 'zones, capacity, addresses and conditions', objects: nodes }),
    dumpFiles(found, chosen),
    logFiles(found, [...istiods, ...gateways, ...sidecars, ...others]),
    secretFiles(found, secretNamespaces(istioNamespace, gateways)),
    configFiles(found),
    objectFiles(found),
  ]);
}

/** Objects that were read for a choice as well; undefined if they could not be had, which is said already. */
async function putObjects(
  { collection, namespaces }: CollectContext,
  { kind, about, objects }: { kind: string; about: string; objects: readonly KubeObject[] | undefined },
): Promise<void> {
  if (objects) await collection.put(`objects/${kind}.yaml`, about, yamlOf(meshFirst(objects, namespaces)));
}

/** Applications' Secrets are not looked at. */
const secretNamespaces = (istioNamespace: string, gateways: readonly Pod[]): string[] => [
  ...new Set([istioNamespace, ...gateways.flatMap(({ metadata }) => metadata?.namespace ?? [])]),
];
