import { localityOf } from '../../istio/index.ts';
import type { EndpointSlice, Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, groupBy, skip } from '../../report/index.ts';
import { isOneNetwork } from '../../topology/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import type { Facts } from '../facts/facts.ts';

export const weights = defineCheck({
  id: 'weights',
  title: 'other networks weigh a gateway by all pods behind it',
  scope: 'cluster',
  severity: 'warning',
  needs: ['clusters'],
  cause:
    'istiod lists a gateway once for each zone with pods behind it, and Envoy keeps the first entry alone',
  inspect: [
    'kubectl --context CLUSTER get nodes -L topology.kubernetes.io/zone',
    'istioctl --context OTHER -n sample proxy-config endpoints deploy/sleep -o json | grep -B12 -A3 loadBalancingWeight',
  ],
  fix: 'give the pods of the Service one locality: the label istio-locality, with the same value, in their template',
  timeoutMs: 15_000,
  async run({ topology, facts }, cluster) {
    if (isOneNetwork(topology)) return skip('all clusters share one network, so no gateway stands for pods');
    const all = await servicePods(cluster, facts);
    const served = all.filter(({ localities }) => localities.length > 0);
    const detail = `none of ${served.length} Services has more pods than its gateway counts for`;
    const nothing = 'no Service has a ready pod with a sidecar';
    const found = { failures: [], warnings: unevenServices(cluster.spec.name, served) };
    return verdict(found, { detail, looked: served.length, nothing });
  },
});

/** Ready pods with a sidecar behind one Service. */
export interface ServicePods {
  /** `namespace/name`. */
  readonly service: string;
  /** `region/zone/subzone` of each pod. */
  readonly localities: readonly string[];
}

async function servicePods(cluster: MeshCluster, facts: Facts): Promise<ServicePods[]> {
  const [slices, all, nodes] = await Promise.all([
    facts.objects<EndpointSlice>(cluster, 'discovery.k8s.io/v1', 'EndpointSlice'),
    facts.objects<Pod>(cluster, 'v1', 'Pod'),
    facts.objects(cluster, 'v1', 'Node'),
  ]);
  const pods = all.filter(({ metadata }) => metadata?.labels?.['security.istio.io/tlsMode'] === 'istio');
  const podOf = new Map(pods.map((pod) => [`${pod.metadata?.namespace}/${pod.metadata?.name}`, pod]));
  const nodeOf = new Map(nodes.map((node) => [node.metadata?.name, node]));
  const localitiesOf = ({ metadata, endpoints }: EndpointSlice) =>
    (endpoints ?? []).flatMap(({ conditions, targetRef }) => {
      const pod = podOf.get(`${metadata?.namespace}/${targetRef?.name}`);
      return pod && conditions?.ready !== false ? localityOf(pod, nodeOf.get(pod.spec?.nodeName)) : [];
    });
  const services = groupBy(
    slices,
    ({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`,
  );
  return [...services].map(([service, parts]) => ({ service, localities: parts.flatMap(localitiesOf) }));
}

/** Services whose pods are in several localities: their gateway weighs as much as the first one's pods. */
export function unevenServices(cluster: string, services: readonly ServicePods[]): Finding[] {
  return services.flatMap(({ service, localities }): Finding[] => {
    const sorted = [...groupBy(localities, (one) => one)]
      .map(([locality, pods]) => [locality, pods.length] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const [first] = sorted;
    if (!first || sorted.length === 1) return [];
    return [
      {
        cluster,
        object: `Service ${service}`,
        message: `clients in other networks count ${first[1]} of its ${localities.length} pods, those of ${first[0] || 'no zone'}`,
        evidence: sorted.map(([locality, count]) => `${locality || 'no zone'} ${count}`).join(', '),
        cause:
          'istiod lists the gateway once for each zone, and Envoy keeps the first entry of an address alone',
      },
    ];
  });
}
