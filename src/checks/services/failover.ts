import { EAST_WEST_LABEL, fullHost } from '../../istio/index.ts';
import type { DestinationRule, Service, TrafficPolicy, VirtualService } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { eachCluster } from '../engine/each-cluster.ts';
import { verdict } from '../engine/findings.ts';
import { hostOf, longHost, namespacedNameOf } from '../facts/istio-objects.ts';
import { type Copies, copiesOf, declared, fileFindings, foreignFindings, joined } from './parts/copies.ts';

export const failover = defineCheck({
  id: 'failover',
  title: 'other clusters step in as is wanted, and no bad answer ejects a whole one',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  cause:
    'each primary reads its own cluster only; and to a client all pods behind a gateway are one endpoint per address',
  inspect: [
    'kubectl --context CLUSTER get destinationrules,virtualservices -A -o yaml',
    'istioctl --context CLUSTER -n NAMESPACE proxy-config endpoints POD',
  ],
  fix: 'apply the same rule to every cluster, with several errors in a row before an ejection and localityLbSetting stated',
  timeoutMs: 15_000,
  async run(context) {
    const [rules, routes] = await Promise.all([
      copiesOf<DestinationRule>(context, 'networking.istio.io/v1', 'DestinationRule'),
      copiesOf<VirtualService>(context, 'networking.istio.io/v1', 'VirtualService'),
    ]);
    const wanted = declared(context, (service) => service.failover);
    const hosts = failoverHosts(rules);
    const found = {
      failures: [
        ...fileFindings(context, wanted, { copies: joined(rules, routes), of: 'routing' }),
        ...foreignFindings(ofHosts(rules, hosts), wanted),
      ],
      warnings: [...(await lint(context, rules)), ...hastyRoutes(hosts, routes)],
    };
    const looked = rules.reduce((sum, { objects }) => sum + objects.filter(ejects).length, 0) + wanted.length;
    const named = [...new Set([...hosts, ...wanted.map(fullHost)])].sort();
    const detail = `${looked} DestinationRules that eject; with failover: ${named.join(', ') || 'no host'}`;
    return verdict(found, { detail, looked, nothing: 'no DestinationRule sets outlierDetection' });
  },
});

const policiesOf = ({ spec }: DestinationRule): TrafficPolicy[] =>
  [spec?.trafficPolicy, ...(spec?.subsets ?? []).map((one) => one.trafficPolicy)].filter(
    (one): one is TrafficPolicy => one?.outlierDetection !== undefined,
  );

/** Without outlier detection a rule neither ejects nor lets anybody step in. */
const ejects = (rule: DestinationRule): boolean => policiesOf(rule).length > 0;

/** Failover is wanted where it is said who steps in; without outlier detection Envoy never leaves a locality. */
function wantsFailover(rule: DestinationRule): boolean {
  return policiesOf(rule).some(({ loadBalancer }) => {
    const { enabled = true, failover, failoverPriority } = loadBalancer?.localityLbSetting ?? {};
    return enabled && (failover !== undefined || failoverPriority !== undefined);
  });
}

const failoverHosts = (rules: readonly Copies<DestinationRule>[]): Set<string> =>
  new Set(rules.flatMap(({ objects }) => objects.filter(wantsFailover).map(hostOf)));

const ofHosts = (rules: readonly Copies<DestinationRule>[], hosts: ReadonlySet<string>) =>
  rules.map(({ cluster, objects }) => ({
    cluster,
    objects: objects.filter((rule) => hosts.has(hostOf(rule))),
  }));

async function lint(context: CheckRunContext, rules: readonly Copies<DestinationRule>[]): Promise<Finding[]> {
  const single = await eachCluster(context.clusters, (own) => singleAddressPeers(context, own));
  return rules.flatMap(({ cluster, objects }, at) =>
    objects.flatMap((rule) => ruleProblems(cluster, rule, single[at] ?? [])),
  );
}

/** Other clusters that clients reach through one address only. */
async function singleAddressPeers(
  { clusters, facts }: CheckRunContext,
  own: MeshCluster,
): Promise<readonly string[]> {
  const peers = clusters.filter(({ spec }) => spec.network !== own.spec.network);
  const seen = await Promise.all(
    peers.map(async (peer) => {
      const services = await facts.objects<Service>(peer, 'v1', 'Service');
      const gateways = services.filter(({ metadata }) => metadata?.labels?.['istio'] === EAST_WEST_LABEL);
      const addresses = gateways.flatMap(({ status }) => status?.loadBalancer?.ingress ?? []);
      const hostname = addresses.some((one) => one.hostname);
      return addresses.length === 1 && !hostname ? [peer.spec.name] : [];
    }),
  );
  return seen.flat();
}

/** Fewer errors in a row than this can come from one bad pod of many behind a gateway. */
const fewestErrors = 3;

/** Envoy's own number where a rule states none; 0 turns one kind off. */
function errorsBeforeEjection({ outlierDetection = {} }: TrafficPolicy): number {
  const { consecutive5xxErrors = 5, consecutiveGatewayErrors = 0 } = outlierDetection;
  const counts = [consecutive5xxErrors, consecutiveGatewayErrors].filter((count) => count > 0);
  return counts.length > 0 ? Math.min(...counts) : Number.POSITIVE_INFINITY;
}

/** What is surprising in the traffic policies of one DestinationRule. */
export function ruleProblems(
  cluster: string,
  rule: DestinationRule,
  singleAddress: readonly string[],
): Finding[] {
  const subject = { cluster, object: `DestinationRule ${namespacedNameOf(rule)}` };
  const policies = policiesOf(rule);
  const hasty = policies.filter(
    (one) => one.outlierDetection?.maxEjectionPercent === 100 && errorsBeforeEjection(one) < fewestErrors,
  );
  const errors = Math.min(...hasty.map(errorsBeforeEjection));
  const found: Finding[] = [];
  if (singleAddress.length > 0 && hasty.length > 0)
    found.push({
      ...subject,
      message: `${errors === 1 ? 'one bad answer' : `${errors} bad answers`} can eject all of ${singleAddress.join(', ')}: maxEjectionPercent is 100 and its gateway has one address`,
      cause: 'the address of the gateway stands for every pod behind it',
      fix: 'set consecutive5xxErrors to 3 or more, maxEjectionPercent below 100, or give the gateway more addresses',
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

/** Hosts with failover of which no route of a cluster repeats a request in another cluster. */
export function hastyRoutes(
  hosts: ReadonlySet<string>,
  routes: readonly Copies<VirtualService>[],
): Finding[] {
  return [...hosts].flatMap((host) =>
    routes.flatMap(({ cluster, objects }): Finding[] => {
      const own = objects.filter((one) =>
        (one.spec?.hosts ?? []).some((name) => longHost(name, one) === host),
      );
      const leaves = own.some(({ spec }) =>
        spec?.http?.some(({ retries }) => retries?.retryRemoteLocalities),
      );
      if (leaves) return [];
      const object = own[0] ? `VirtualService ${namespacedNameOf(own[0])}` : undefined;
      return [
        {
          cluster,
          ...(object ? { object } : {}),
          message: `no route of ${host} repeats a failed request in another cluster`,
          cause:
            'until a broken endpoint is ejected, requests to it fail where a retry would have been answered',
          fix: `give ${host} a VirtualService with retries {attempts: 3, retryRemoteLocalities: true}`,
        },
      ];
    }),
  );
}
