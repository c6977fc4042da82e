import { covers, meshConfigs, statedClusterLocal } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, skip } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';

export const localServices = defineCheck({
  id: 'local-services',
  title: 'monitoring Services that belong to one cluster are kept in it',
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
  async run({ clusters, signal }) {
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const observations = await Promise.all(clusters.map((cluster) => read(cluster, signal)));
    const found = sharedMonitoring(observations);
    const looked = observations.reduce((sum, { services }) => sum + services.filter(isMonitoring).length, 0);
    const detail = `${looked} monitoring Services, none shared between clusters`;
    const nothing = 'no cluster has a monitoring Service by one of the usual names';
    return verdict({ failures: [], warnings: found }, { detail, looked, nothing });
  },
});

export interface LocalServiceFacts {
  readonly cluster: string;
  /** `namespace/name` of every Service. */
  readonly services: readonly string[];
  /** Hosts that each revision's mesh configuration keeps in their cluster; may start with `*.`. */
  readonly clusterLocal: readonly (readonly string[])[];
}

async function read({ spec, kube }: MeshCluster, signal: AbortSignal): Promise<LocalServiceFacts> {
  const [services, configs] = await Promise.all([
    kube.list('v1', 'Service', { signal }),
    meshConfigs(kube, { signal }),
  ]);
  return {
    cluster: spec.name,
    services: services.map(namespacedNameOf),
    clusterLocal: configs.map(statedClusterLocal),
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
      const [namespace = '', name = ''] = key.split('/');
      const others = observations.filter((one) => one.cluster !== cluster && one.services.includes(key));
      if (!isMonitoring(key) || others.length === 0) return [];
      const host = `${name}.${namespace}.svc.cluster.local`;
      if (clusterLocal.every((hosts) => hosts.some((pattern) => covers(pattern, host)))) return [];
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
