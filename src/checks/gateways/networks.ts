import { NETWORK_LABEL } from '../../istio/index.ts';
import { containersOf, type Pod } from '../../kubernetes/index.ts';
import type { Finding } from '../../report/index.ts';
import { isOneNetwork } from '../../topology/index.ts';
import { defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { nameOf } from '../facts/objects.ts';

export const networks = defineCheck({
  id: 'networks',
  title: 'every proxy says that it is in its cluster’s network',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'a network label was put on a workload, or istiod was installed with another network',
  inspect: [
    'kubectl --context CLUSTER get pods -A -L topology.istio.io/network',
    'kubectl --context CLUSTER get pods -A -o yaml | grep -A1 ISTIO_META_NETWORK',
  ],
  fix: 'set the network of the cluster, then restart the pods',
  timeoutMs: 15_000,
  async run({ topology, facts }, cluster) {
    const { spec } = cluster;
    const pods = await facts.objects<Pod>(cluster, 'v1', 'Pod');
    const live = pods.filter((pod) => !pod.metadata?.deletionTimestamp && proxyOf(pod) !== undefined);
    const found = live.flatMap((pod) => networkProblems(spec, pod));
    const detail = `${live.length} proxies in network ${spec.network}`;
    const nothing = 'no pod has a proxy';
    const warnings = isOneNetwork(topology) ? [] : untold(spec, live);
    return verdict({ failures: found, warnings }, { detail, looked: live.length, nothing });
  },
});

/** ztunnel's container has the same name, but is told its network otherwise and forwards for pods of a whole node. */
const proxyOf = (pod: Pod) =>
  pod.metadata?.labels?.['app'] === 'ztunnel'
    ? undefined
    : containersOf(pod).find(({ name }) => name === 'istio-proxy');

const variableOf = (pod: Pod): string | undefined =>
  proxyOf(pod)?.env?.find((one) => one.name === 'ISTIO_META_NETWORK')?.value;

interface Named {
  readonly name: string;
  readonly network: string;
}

/**
 * Proxies that say no network, as where only a label of istiod's namespace or the mesh configuration has one: istiod
 * goes by what a proxy says itself (istio.io/istio pilot/pkg/xds/endpoints/ep_filters.go).
 */
export function untold({ name, network }: Named, pods: readonly Pod[]): Finding[] {
  const silent = pods.filter((pod) => !variableOf(pod));
  const [first] = silent;
  if (!first) return [];
  return [
    {
      cluster: name,
      object: nameOf('Pod', first),
      message: `${silent.length === 1 ? 'says' : `and ${silent.length - 1} more say`} no network, the cluster is in ${network}`,
      evidence: 'ISTIO_META_NETWORK=(absent)',
      cause:
        'older istiods send them to pods of every network directly, newer ones by gateways even to pods of their own',
      fix: `install istiod with global.network=${network}, then restart the pods`,
    },
  ];
}

/** Gateways’ labels are for the gateways check; what a pod’s own proxy believes is for this one. */
export function networkProblems({ name, network }: Named, pod: Pod): Finding[] {
  const label = pod.metadata?.labels?.[NETWORK_LABEL];
  const variable = variableOf(pod);
  const wrong = [label, variable].find((one) => one !== undefined && one !== network);
  if (wrong === undefined) return [];
  return [
    {
      cluster: name,
      object: nameOf('Pod', pod),
      message: `says that it is in network ${wrong}, its cluster is in ${network}`,
      evidence: `${NETWORK_LABEL}=${label ?? '(absent)'}, ISTIO_META_NETWORK=${variable ?? '(absent)'}`,
      cause: 'clients elsewhere then get its own address instead of the gateway’s, and cannot reach it',
      fix: `take ${NETWORK_LABEL} off its template, then restart it`,
    },
  ];
}
