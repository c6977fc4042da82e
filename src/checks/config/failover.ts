import { EAST_WEST_LABEL } from '../../istio/index.ts';
import type { DestinationRule, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { namespacedNameOf, type TrafficPolicy } from '../facts/istio-objects.ts';

export const failover = defineCheck({
  id: 'failover',
  title: 'outlier detection cannot eject a whole cluster or turn on failover unasked',
  scope: 'cluster',
  severity: 'warning',
  needs: ['clusters', 'istiod'],
  readsEveryCluster: true,
  cause:
    'to a client all pods behind a gateway are one endpoint per address, and outlierDetection implies locality',
  inspect: ['kubectl --context CLUSTER get destinationrules -A -o yaml'],
  fix: 'lower maxEjectionPercent, give the gateway more addresses, and state localityLbSetting',
  timeoutMs: 15_000,
  async run(context, cluster) {
    const rules = await cluster.kube.list<DestinationRule>('networking.istio.io/v1', 'DestinationRule', {
      signal: context.signal,
    });
    const single = await singleAddressPeers(context, cluster);
    const found = rules.flatMap((rule) => ruleProblems(cluster.spec.name, rule, single));
    const detail = `${rules.length} DestinationRules, none surprises`;
    const nothing = 'there is no DestinationRule';
    return verdict({ failures: [], warnings: found }, { detail, looked: rules.length, nothing });
  },
});

/** Other clusters that clients reach through one address only. */
async function singleAddressPeers(
  { clusters, signal }: CheckRunContext,
  own: MeshCluster,
): Promise<readonly string[]> {
  const peers = clusters.filter(({ spec }) => spec.network !== own.spec.network);
  const seen = await Promise.all(
    peers.map(async ({ spec, kube }) => {
      const services = await kube.list<Service>('v1', 'Service', {
        labelSelector: `istio=${EAST_WEST_LABEL}`,
        signal,
      });
      const addresses = services.flatMap(({ status }) => status?.loadBalancer?.ingress ?? []);
      const hostname = addresses.some((one) => one.hostname);
      return addresses.length === 1 && !hostname ? [spec.name] : [];
    }),
  );
  return seen.flat();
}

/** What is surprising in the traffic policies of one DestinationRule. */
export function ruleProblems(
  cluster: string,
  rule: DestinationRule,
  singleAddress: readonly string[],
): Finding[] {
  const subject = { cluster, object: `DestinationRule ${namespacedNameOf(rule)}` };
  const all = [rule.spec?.trafficPolicy, ...(rule.spec?.subsets ?? []).map((one) => one.trafficPolicy)];
  const policies = all.filter((one): one is TrafficPolicy => one?.outlierDetection !== undefined);
  const found: Finding[] = [];
  if (singleAddress.length > 0 && policies.some((one) => one.outlierDetection?.maxEjectionPercent === 100))
    found.push({
      ...subject,
      message: `one bad answer can eject all of ${singleAddress.join(', ')}: maxEjectionPercent is 100 and its gateway has one address`,
      cause: 'the address of the gateway stands for every pod behind it',
      fix: 'set maxEjectionPercent below 100 and minHealthPercent to 0, or give the gateway more addresses',
    });
  if (policies.some((one) => one.loadBalancer?.localityLbSetting === undefined))
    found.push({
      ...subject,
      message: 'outlierDetection without localityLbSetting turns locality failover on',
      cause: 'Istio prefers the nearest locality as soon as outlier detection is set',
      fix: 'state trafficPolicy.loadBalancer.localityLbSetting: enabled true with failover, or enabled false',
    });
  return found;
}
