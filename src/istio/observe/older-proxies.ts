import type { CallOptions, Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf } from '../../topology/index.ts';

/** Pods of one workload whose proxies are older than every istiod of their cluster. */
export interface OlderProxies {
  /** `deployment/sleep`; `pod/NAME` for one that nothing would make anew. */
  readonly workload: string;
  readonly namespace: string;
  /** That of the oldest. */
  readonly version: string;
  readonly pods: number;
}

/**
 * Workloads whose pods run an older proxy than `istiod`, the oldest istiod's version: a sidecar is what it
 * was when its pod was made, whatever istiod became since. Of images without a version nothing is said.
 */
export async function olderProxies(
  cluster: MeshCluster,
  istiod: string,
  { signal }: CallOptions = {},
): Promise<OlderProxies[]> {
  // istiod sets it on every pod that it gives a proxy.
  const labelSelector = 'security.istio.io/tlsMode';
  const pods = await cluster.kube.list<Pod>('v1', 'Pod', { labelSelector, signal });
  const found = new Map<string, OlderProxies>();
  for (const pod of pods) {
    const version = proxyVersion(pod);
    if (!version || pod.metadata?.deletionTimestamp || !isOlder(version, istiod)) continue;
    const [namespace, workload] = [pod.metadata?.namespace ?? '', workloadOf(pod)];
    const known = found.get(`${namespace} ${workload}`);
    found.set(`${namespace} ${workload}`, {
      workload,
      namespace,
      version: known && isOlder(known.version, version) ? known.version : version,
      pods: (known?.pods ?? 0) + 1,
    });
  }
  return [...found.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

const nameOf = ({ namespace, workload }: OlderProxies) => `${namespace} ${workload}`;

/** One line for each: what is old, and the command that makes it anew. */
export function tellOlderProxies(
  { spec }: MeshCluster,
  istiod: string,
  older: readonly OlderProxies[],
): string[] {
  const kubectl = `kubectl --context ${contextOf(spec)}`;
  return older.map(({ workload, namespace, version, pods }) => {
    const inNamespace = `${kubectl} -n ${namespace}`;
    const fix = workload.startsWith('pod/')
      ? `${inNamespace} delete ${workload}`
      : `${inNamespace} rollout restart ${workload}`;
    return `${pods} proxies of ${namespace} ${workload} are of Istio ${version}, istiod is ${istiod}: ${fix}`;
  });
}

function proxyVersion({ spec }: Pod): string | undefined {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const image = containers.find(({ name }) => name === 'istio-proxy')?.image ?? '';
  return /:(\d+\.\d+\.\d+)(?:-[^:/@]+)?(?:@|$)/.exec(image)?.[1];
}

function isOlder(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => text.split('.').map(Number));
  const at = (a ?? []).findIndex((part, index) => part !== b?.[index]);
  return at >= 0 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}

/** A Deployment's pods belong to a ReplicaSet that is named by it and a hash. */
function workloadOf({ metadata }: Pod): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  const hash = metadata?.labels?.['pod-template-hash'];
  if (owner?.kind === 'ReplicaSet' && hash)
    return `deployment/${owner.name.replace(new RegExp(`-${hash}$`), '')}`;
  if (owner?.kind === 'StatefulSet' || owner?.kind === 'DaemonSet')
    return `${owner.kind.toLowerCase()}/${owner.name}`;
  return `pod/${metadata?.name}`;
}
