import { EAST_WEST_GATEWAY, INGRESS_GATEWAY } from '../../istio/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Problem, skip } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';

export const services = defineCheck({
  id: 'services',
  title: 'a Service of a shared namespace is in every cluster whose pods may call it',
  scope: 'mesh',
  severity: 'warning',
  needs: ['clusters'],
  cause: 'a cluster’s DNS knows only its own Services, so callers elsewhere cannot resolve the name',
  inspect: [
    'kubectl --context CLUSTER get services -A',
    'kubectl --context CLUSTER get namespaces --show-labels',
  ],
  fix: 'create the same Service, without pods, in every cluster, or turn on DNS proxying of the sidecars',
  timeoutMs: 15_000,
  async run({ clusters, signal }) {
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const observations = await Promise.all(clusters.map((cluster) => read(cluster, signal)));
    const found = missingServices(observations);
    const count = new Set(observations.flatMap((one) => [...one.services])).size;
    return verdict(
      { failures: [], warnings: found },
      { detail: `${count} Services, each where it is needed` },
    );
  },
});

export interface ServiceFacts {
  readonly cluster: string;
  /** Namespaces whose pods get sidecars. */
  readonly injected: ReadonlySet<string>;
  /** `namespace/name` of every Service. */
  readonly services: ReadonlySet<string>;
  /** Its sidecars answer DNS for every Service of the mesh. */
  readonly proxiesDns: boolean;
}

const injects = ({ metadata }: KubeObject): boolean =>
  metadata?.labels?.['istio-injection'] === 'enabled' || metadata?.labels?.['istio.io/rev'] !== undefined;

async function read({ spec, kube }: MeshCluster, signal: AbortSignal): Promise<ServiceFacts> {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'istio-system', name: 'istio' };
  const [namespaces, all, mesh] = await Promise.all([
    kube.list('v1', 'Namespace', { signal }),
    kube.list('v1', 'Service', { signal }),
    kube.get<KubeObject & { data?: Record<string, string> }>(config, { signal }),
  ]);
  return {
    cluster: spec.name,
    injected: new Set(namespaces.filter(injects).map(({ metadata }) => metadata?.name ?? '')),
    services: new Set(all.map(namespacedNameOf)),
    proxiesDns: /ISTIO_META_DNS_CAPTURE:\s*['"]?true/.test(mesh?.data?.['mesh'] ?? ''),
  };
}

const gateways = [EAST_WEST_GATEWAY, INGRESS_GATEWAY];

/** Services that an injected namespace has in some clusters only; gateways belong to one cluster. */
export function missingServices(observations: readonly ServiceFacts[]): Problem[] {
  const everywhere = [...new Set(observations.flatMap((one) => [...one.services]))].sort();
  return everywhere.flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const owners = observations.filter(
      (one) => one.services.has(key) && one.injected.has(namespace) && !gateways.includes(name),
    );
    const callers = observations.filter(
      (one) => !one.services.has(key) && one.injected.has(namespace) && !one.proxiesDns,
    );
    if (owners.length === 0) return [];
    const names = owners.map((one) => one.cluster).join(', ');
    return callers.map(({ cluster }) => ({
      cluster,
      object: `Service ${key}`,
      message: `does not exist here, only in ${names}, so its name does not resolve`,
      cause: 'istiod knows it from the other cluster, but the DNS of this cluster does not',
      fix: `create the same Service in ${cluster}; it needs no pods there`,
    }));
  });
}
