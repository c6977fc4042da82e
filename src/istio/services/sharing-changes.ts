import type { KubeObject, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Topology } from '../../topology/index.ts';
import { INGRESS_NAMESPACE } from '../names.ts';
import { isInjected } from '../observe/injected-namespaces.ts';
import { fullHost } from './service-host.ts';
import { covers, sharedHosts } from './shared-hosts.ts';

/** What one cluster's gateways between networks will let through no more, and what anew. */
export interface SharingChange {
  readonly cluster: string;
  /** `SERVICE.NAMESPACE` of Services of namespaces whose pods get sidecars. */
  readonly ends: readonly string[];
  readonly begins: readonly string[];
}

type Gateway = KubeObject & { spec?: { servers?: readonly { hosts?: readonly string[] }[] } };

/** Services that begin or cease to be shared when the Gateway's hosts become those of the file. */
export async function sharingChanges(
  topology: Topology,
  { spec, kube }: MeshCluster,
  signal: AbortSignal,
): Promise<SharingChange> {
  const ref = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway' };
  const gateway = { ...ref, namespace: INGRESS_NAMESPACE, name: 'cross-network-gateway' };
  const [live, namespaces, services] = await Promise.all([
    kube.get<Gateway>(gateway, { signal }),
    kube.list('v1', 'Namespace', { signal }),
    kube.list<Service>('v1', 'Service', { signal }),
  ]);
  const now = (live?.spec?.servers ?? []).flatMap(({ hosts = [] }) => hosts);
  const then = sharedHosts(topology);
  const injected = new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name));
  const hosts = services
    .filter(({ metadata }) => injected.has(metadata?.namespace) && metadata?.namespace !== INGRESS_NAMESPACE)
    .map(({ metadata }) => ({ name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' }));
  const only = (one: readonly string[], other: readonly string[]) =>
    hosts
      .filter((ref) => shares(one, fullHost(ref)) && !shares(other, fullHost(ref)))
      .map(({ name, namespace }) => `${name}.${namespace}`)
      .sort();
  // Without a Gateway nothing was shared, and all that will be is new.
  return { cluster: spec.name, ends: only(now, then), begins: live ? only(then, now) : [] };
}

const shares = (patterns: readonly string[], host: string): boolean =>
  patterns.some((pattern) => covers(pattern, host));
