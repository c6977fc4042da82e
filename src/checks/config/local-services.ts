import {
  type ClusterLocal,
  clusterLocalOf,
  fullHost,
  isClusterLocal,
  isInjected,
  isToldToKeep,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';

export const localServices = defineCheck({
  id: 'local-services',
  title: 'a Service is kept in its cluster by every istiod or by none, and monitoring by all',
  scope: 'mesh',
  severity: 'warning',
  needs: ['clusters', 'istiod'],
  cause:
    'the same monitoring tools run in several clusters, and Istio spreads requests for one name over all',
  inspect: [
    'kubectl --context CLUSTER get services -A',
    'kubectl --context CLUSTER -n istio-system get configmap istio -o yaml',
  ],
  fix: 'list the hosts under meshConfig.serviceSettings with settings.clusterLocal: true, in every cluster',
  timeoutMs: 15_000,
  async run(context) {
    const { clusters } = context;
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const observations = await eachCluster(clusters, (cluster) => read(cluster, context));
    const found = [...sharedMonitoring(observations), ...unevenlyKept(observations)];
    const count = (is: (facts: LocalServiceFacts, key: string) => boolean) =>
      observations.reduce((sum, one) => sum + one.services.filter((key) => is(one, key)).length, 0);
    const monitors = count((_, key) => isMonitoring(key));
    const kept = count((one, key) =>
      one.clusterLocal.some(({ settings }) => isToldToKeep(settings, hostOf(key))),
    );
    const looked = monitors + kept;
    const detail = `${monitors} monitoring Services, none shared between clusters; ${kept} Services kept in their cluster by every istiod`;
    const nothing =
      'no cluster has a monitoring Service by one of the usual names, and no istiod keeps any local';
    return verdict({ failures: [], warnings: found }, { detail, looked, nothing });
  },
});

export interface LocalServiceFacts {
  readonly cluster: string;
  /** Of its istiods; `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  /** `namespace/name` of every Service. */
  readonly services: readonly string[];
  /** Namespaces whose pods get sidecars. */
  readonly injected?: ReadonlySet<string> | undefined;
  /** Of each revision's mesh configuration. */
  readonly clusterLocal: readonly RevisionSettings[];
}

/** What the istiods of one revision keep in their cluster. */
export interface RevisionSettings {
  readonly revision: string;
  readonly settings: ClusterLocal;
}

async function read(cluster: MeshCluster, { facts }: CheckRunContext): Promise<LocalServiceFacts> {
  const [services, namespaces, configs] = await Promise.all([
    facts.objects(cluster, 'v1', 'Service'),
    facts.objects(cluster, 'v1', 'Namespace'),
    facts.revisionConfigs(cluster),
  ]);
  return {
    cluster: cluster.spec.name,
    istioNamespace: istioNamespaceOf(cluster.spec),
    services: services.map(namespacedNameOf),
    injected: new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name ?? '')),
    clusterLocal: configs.map(({ revision, config }) => ({ revision, settings: clusterLocalOf(config) })),
  };
}

function hostOf(key: string): string {
  const [namespace = '', name = ''] = key.split('/');
  return fullHost({ namespace, name });
}

/**
 * Hosts that are local to the callers of some istiods only: each filters endpoints by its own mesh
 * configuration alone (istio.io/istio pilot/pkg/xds/endpoints/endpoint_builder.go). Named where the fewer are,
 * or where it is kept, for that is what somebody set.
 */
export function unevenlyKept(observations: readonly LocalServiceFacts[]): Finding[] {
  const keys = [...new Set(observations.flatMap(({ services }) => services))].sort();
  return keys.flatMap((key) => {
    const owners = observations.filter(({ services }) => services.includes(key));
    const [namespace = ''] = key.split('/');
    if (owners.length < 2 || isMonitoring(key) || !owners.some(({ injected }) => injected?.has(namespace)))
      return [];
    const istiods = observations.flatMap(
      ({ cluster, istioNamespace = DEFAULT_ISTIO_NAMESPACE, clusterLocal }) =>
        clusterLocal.map(({ revision, settings }) => {
          const kept = isClusterLocal(settings, hostOf(key));
          return { cluster, istioNamespace, revision, kept };
        }),
    );
    const [keeping, others] = [istiods.filter(({ kept }) => kept), istiods.filter(({ kept }) => !kept)];
    if (keeping.length === 0 || others.length === 0) return [];
    const odd = keeping.length <= others.length ? keeping : others;
    return odd.map((one) => unevenFinding(hostOf(key), one, odd === keeping ? others : keeping));
  });
}

interface Istiod {
  readonly cluster: string;
  readonly istioNamespace: string;
  readonly revision: string;
  readonly kept: boolean;
}

function unevenFinding(
  host: string,
  { cluster, istioNamespace, revision, kept }: Istiod,
  rest: readonly Istiod[],
): Finding {
  const others = rest.map((one) => `${one.revision} of ${one.cluster}`).join(', ');
  return {
    cluster,
    object: `ConfigMap ${istioNamespace}/istio${revision === 'default' ? '' : `-${revision}`}`,
    message: kept
      ? `keeps ${host} in its cluster, istiod ${others} does not`
      : `does not keep ${host} in its cluster, istiod ${others} does`,
    cause:
      'each istiod obeys its own meshConfig.serviceSettings alone, so callers of one get local answers and those of another get all',
    fix: kept
      ? `take ${host} out of meshConfig.serviceSettings here, or add it with clusterLocal: true for every revision of every cluster`
      : `add ${host} to meshConfig.serviceSettings with clusterLocal: true, or take it out everywhere`,
  };
}

const monitoring = /^(prometheus|kiali|grafana|jaeger|tempo|loki|alertmanager|zipkin)(-|$)/;

/** `namespace/name` of a Service by which monitoring tools are usually reached. */
function isMonitoring(key: string): boolean {
  const [namespace = '', name = ''] = key.split('/');
  return namespace !== 'kube-system' && monitoring.test(name);
}

/** Monitoring Services of the same name in several clusters that are not declared local. */
export function sharedMonitoring(observations: readonly LocalServiceFacts[]): Finding[] {
  return observations.flatMap(({ cluster, services, clusterLocal }) =>
    services.flatMap((key): Finding[] => {
      const others = observations.filter((one) => one.cluster !== cluster && one.services.includes(key));
      if (!isMonitoring(key) || others.length === 0) return [];
      const host = hostOf(key);
      if (clusterLocal.every(({ settings }) => isClusterLocal(settings, host))) return [];
      return [
        {
          cluster,
          object: `Service ${key}`,
          message: `is also in ${others.map((one) => one.cluster).join(', ')} and not kept local`,
          cause: 'a request for it is answered by any cluster, so data of clusters gets mixed',
          fix: `add ${host} to meshConfig.serviceSettings with clusterLocal: true`,
        },
      ];
    }),
  );
}
