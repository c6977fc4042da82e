import { NETWORK_LABEL } from '../../istio/index.ts';
import { containersOf, type Pod } from '../../kubernetes/index.ts';
import type { Finding } from '../../report/index.ts';
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
  async run({ facts }, cluster) {
    const { spec } = cluster;
    const pods = await facts.objects<Pod>(cluster, 'v1', 'Pod');
    const live = pods.filter((pod) => !pod.metadata?.deletionTimestamp && proxyOf(pod) !== undefined);
    const found = live.flatMap((pod) => networkProblems(spec, pod));
    const detail = `${live.length} proxies in network ${spec.network}`;
    const nothing = 'no pod has a proxy';
    return verdict({ failures: found, warnings: [] }, { detail, looked: live.length, nothing });
  },
});

const proxyOf = (pod: Pod) => containersOf(pod).find(({ name }) => name === 'istio-proxy');

/** Gateways’ labels are for the gateways check; what a pod’s own proxy believes is for this one. */
export function networkProblems({ name, network }: { name: string; network: string }, pod: Pod): Finding[] {
  const label = pod.metadata?.labels?.[NETWORK_LABEL];
  const variable = proxyOf(pod)?.env?.find((one) => one.name === 'ISTIO_META_NETWORK')?.value;
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
