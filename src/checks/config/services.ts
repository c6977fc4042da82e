import { isInjected, meshConfigs } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';
import { ownGateways } from '../facts/own-gateways.ts';

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
    const looked = sharedServices(observations).length;
    const detail = `${looked} Services of shared namespaces, each where it is needed`;
    const nothing = 'no namespace whose pods get sidecars has a Service';
    return verdict({ failures: [], warnings: found }, { detail, looked, nothing });
  },
});

export interface ServiceFacts {
  readonly cluster: string;
  /** Namespaces whose pods get sidecars. */
  readonly injected: ReadonlySet<string>;
  /** `namespace/name` of every Service. */
  readonly services: ReadonlySet<string>;
  /** Its sidecars, of every revision, answer DNS for every Service of the mesh. */
  readonly proxiesDns: boolean;
}

async function read({ spec, kube }: MeshCluster, signal: AbortSignal): Promise<ServiceFacts> {
  const [namespaces, all, configs] = await Promise.all([
    kube.list('v1', 'Namespace', { signal }),
    kube.list('v1', 'Service', { signal }),
    meshConfigs(kube, { signal }),
  ]);
  return {
    cluster: spec.name,
    injected: new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name ?? '')),
    services: new Set(all.map(namespacedNameOf)),
    proxiesDns: configs.every(
      ({ defaultConfig }) => String(defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_CAPTURE']) === 'true',
    ),
  };
}

/** A Service is shared by what has it in a namespace that is injected there; gateways belong to one cluster. */
function sharedServices(
  observations: readonly ServiceFacts[],
): { readonly key: string; readonly namespace: string; readonly owners: readonly ServiceFacts[] }[] {
  const everywhere = [...new Set(observations.flatMap((one) => [...one.services]))].sort();
  return everywhere.flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/');
    if (ownGateways.includes(name)) return [];
    const owners = observations.filter((one) => one.services.has(key) && one.injected.has(namespace));
    return owners.length > 0 ? [{ key, namespace, owners }] : [];
  });
}

/** Services that an injected namespace has in some clusters only. */
export function missingServices(observations: readonly ServiceFacts[]): Finding[] {
  return sharedServices(observations).flatMap(({ key, namespace, owners }) => {
    const callers = observations.filter(
      (one) => !one.services.has(key) && one.injected.has(namespace) && !one.proxiesDns,
    );
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
