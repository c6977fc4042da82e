import { fullHost, type MeshConfig } from '../../istio/index.ts';
import type { DestinationRule, VirtualService } from '../../kubernetes/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { failures, verdict } from '../engine/findings.ts';
import { gatewayNamespaces } from '../facts/crossing-services.ts';
import { isSeenFrom, ruleExports } from '../facts/exports.ts';
import { hostOf, longHost, namespacedNameOf } from '../facts/istio-objects.ts';
import { type Copies, copiesOf, declared, fileFindings, foreignFindings, joined } from './parts/copies.ts';
import { type SubsetRoute, subsetFindings } from './parts/subset-endpoints.ts';

export const split = defineCheck({
  id: 'split',
  title: 'every share of a split has endpoints, and every primary and gateway knows it',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters', 'istiod'],
  retryWhileRollingOut: true,
  cause:
    'a share has no second choice, and a gateway resets requests for a subset that its own cluster does not declare',
  inspect: [
    'kubectl --context CLUSTER get destinationrules,virtualservices -A -o yaml',
    'istioctl --context CLUSTER -n NAMESPACE proxy-config endpoints POD',
  ],
  fix: 'declare the same subsets, visible to every namespace, and the same shares in every cluster, subsets first',
  timeoutMs: 20_000,
  async run(context) {
    const version = 'networking.istio.io/v1';
    const [rules, routes] = await Promise.all([
      copiesOf<DestinationRule>(context, version, 'DestinationRule'),
      copiesOf<VirtualService>(context, version, 'VirtualService'),
    ]);
    const wanted = declared(context, (service) => service.split);
    const splitting = routes.map((copy) => ({
      ...copy,
      objects: copy.objects.filter((one) => subsetsIn(one).length > 0),
    }));
    const targets = distinct(splitting.flatMap(({ objects }) => objects.flatMap(subsetsIn)));
    const hosts = new Set(targets.map(({ host }) => host));
    const declaring = rules.map((copy) => ({
      ...copy,
      objects: copy.objects.filter((rule) => hosts.has(hostOf(rule))),
    }));
    const found = [
      ...fileFindings(context, wanted, { copies: joined(rules, routes), of: 'routing' }),
      ...foreignFindings(joined(declaring, splitting), wanted),
      ...(await Promise.all(declaring.map((copy, at) => hiddenIn(context, copy, at)))).flat(),
      ...(await subsetFindings(context, targets)),
    ];
    const named = [...new Set([...hosts, ...wanted.map(fullHost)])].sort();
    const detail = `${targets.length} subsets with endpoints, of ${named.join(', ')}`;
    const looked = targets.length + wanted.length;
    return verdict(failures(...found), { detail, looked, nothing: 'no route sends requests to a subset' });
  },
});

/** Subsets that a VirtualService sends requests to. */
function subsetsIn(route: VirtualService): SubsetRoute[] {
  const { http = [], tcp = [], tls = [] } = route.spec ?? {};
  return [...http, ...tcp, ...tls]
    .flatMap((one) => one.route ?? [])
    .flatMap(({ destination, weight }) =>
      destination?.subset !== undefined && weight !== 0
        ? [{ host: longHost(destination.host ?? '', route), subset: destination.subset }]
        : [],
    );
}

const distinct = (targets: readonly SubsetRoute[]): SubsetRoute[] => [
  ...new Map(targets.map((one) => [`${one.subset}|${one.host}`, one])).values(),
];

async function hiddenIn(
  { clusters, facts }: CheckRunContext,
  copy: Copies<DestinationRule>,
  at: number,
): Promise<Finding[]> {
  const cluster = clusters[at];
  if (!cluster) return [];
  const [gateways, configs] = await Promise.all([facts.gateways(cluster), facts.meshConfigs(cluster)]);
  return hiddenFindings(copy, { gateways: gatewayNamespaces(gateways), configs });
}

/** Subsets that no gateway of their own cluster sees, so that none knows such an SNI. */
export function hiddenFindings(
  { cluster, objects }: Copies<DestinationRule>,
  { gateways, configs }: { readonly gateways: readonly string[]; readonly configs: readonly MeshConfig[] },
): Finding[] {
  const isHidden = (rule: DestinationRule) => {
    const home = rule.metadata?.namespace ?? '';
    return configs.every((config) =>
      gateways.every((namespace) => !isSeenFrom(ruleExports(rule, config), { home, namespace })),
    );
  };
  const hidden = objects.filter((rule) => rule.spec?.subsets && gateways.length > 0 && isHidden(rule));
  return hidden.map((rule) => {
    const exported = ruleExports(rule, configs[0] ?? {}).join(', ');
    const byDefault = rule.spec?.exportTo ? '' : ' by defaultDestinationRuleExportTo';
    return {
      cluster,
      object: `DestinationRule ${namespacedNameOf(rule)}`,
      message: `is exported to ${exported} alone${byDefault}, so that the gateway does not know its subsets`,
      cause: 'the gateway is in another namespace, and it resets requests for a subset that it does not see',
      fix: `set exportTo: ["*"], or add ${gateways.join(', ')} to it`,
    };
  });
}
