import type { MeshConfig } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { failures, verdict } from '../engine/findings.ts';
import { type CrossingService, crossingServices, gatewayNamespaces } from '../facts/crossing-services.ts';
import { EXPORT_TO_ANNOTATION, exportsOf, isSeenFrom, statedExports } from '../facts/exports.ts';
import { hiddenFromCallers } from './parts/sidecar-scope.ts';

export const visibility = defineCheck({
  id: 'visibility',
  title:
    'gateways see the Services that other networks ask them for, and the sample’s clients see the sample',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'an exportTo or a Sidecar, written to keep configuration small, left out a gateway or a callee',
  inspect: [
    'kubectl --context CLUSTER get services -A -o yaml | grep -B20 networking.istio.io/exportTo',
    'kubectl --context CLUSTER get sidecars,destinationrules -A -o yaml',
    'kubectl --context CLUSTER -n istio-system get configmap istio -o yaml',
  ],
  fix: 'export the Service to the namespace of the east-west gateway as well, and list what is called in the Sidecar',
  timeoutMs: 15_000,
  async run(context, cluster) {
    const [services, callers] = await Promise.all([
      hiddenFromGateways(cluster, context),
      hiddenFromCallers(cluster, context),
    ]);
    const detail = `${services.looked} Services that cross networks and ${callers.looked} clients of the sample, none hidden`;
    const nothing = 'no Service crosses networks from here, and no client of the sample runs';
    const looked = services.looked + callers.looked;
    return verdict(failures(...services.found, ...callers.found), { detail, looked, nothing });
  },
});

async function hiddenFromGateways(
  cluster: MeshCluster,
  context: CheckRunContext,
): Promise<{ readonly found: Finding[]; readonly looked: number }> {
  const [services, gateways, configs] = await Promise.all([
    crossingServices(cluster, context),
    context.facts.gateways(cluster),
    context.facts.meshConfigs(cluster),
  ]);
  const peers = [...new Set(services.flatMap(({ elsewhere }) => elsewhere.map((one) => one.cluster)))];
  const theirs = new Map<string, readonly MeshConfig[]>();
  for (const peer of peers) theirs.set(peer.spec.name, await context.facts.meshConfigs(peer));
  const istioNamespace = istioNamespaceOf(cluster.spec);
  const namespaces = gatewayNamespaces(gateways);
  const own = { cluster: cluster.spec.name, istioNamespace, namespaces, configs };
  return { found: exportFindings(services, own, theirs), looked: services.length };
}

/** Gateways of one cluster, and what its revisions were told. */
export interface GatewayView {
  readonly cluster: string;
  /** Of its istiods; `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  readonly namespaces: readonly string[];
  readonly configs: readonly MeshConfig[];
}

/**
 * Services that no gateway of their cluster sees, though callers elsewhere see their copy: istiod there hands
 * out this gateway's address for them, and it resets what it does not know. Where every copy is hidden from
 * everybody nobody asks.
 */
export function exportFindings(
  services: readonly CrossingService[],
  own: GatewayView,
  peers: ReadonlyMap<string, readonly MeshConfig[]>,
): Finding[] {
  const hidden = services.flatMap((crossing) => {
    const { service } = crossing.own;
    const home = service.metadata?.namespace ?? '';
    const unseen = own.configs.every((config) =>
      own.namespaces.every((namespace) => !isSeenFrom(exportsOf(service, config), { home, namespace })),
    );
    const askers = crossing.elsewhere.filter((copy) =>
      (peers.get(copy.cluster.spec.name) ?? []).some((config) =>
        exportsOf(copy.service, config).some((one) => one !== '~'),
      ),
    );
    return unseen && askers.length > 0
      ? [{ crossing, askers: askers.map((one) => one.cluster.spec.name) }]
      : [];
  });
  const stated = hidden.filter(({ crossing }) => statedExports(crossing.own.service));
  const byDefault = hidden.filter(({ crossing }) => !statedExports(crossing.own.service));
  return [
    ...stated.map(({ crossing, askers }) => statedFinding(crossing, askers, own)),
    ...(byDefault.length > 0 ? [defaultFinding(byDefault, own)] : []),
  ];
}

const cause =
  'callers elsewhere see their own copy and are given this gateway’s address, and the gateway knows only what its namespace sees';

function statedFinding(
  { own: { service }, key }: CrossingService,
  askers: readonly string[],
  own: GatewayView,
): Finding {
  const exported = statedExports(service) ?? [];
  const gateways = own.namespaces.join(', ');
  return {
    cluster: own.cluster,
    object: `Service ${key}`,
    message: `is exported to ${exported.join(', ')} alone, so the gateway in ${gateways} resets requests for it from ${askers.join(', ')}`,
    evidence: `${EXPORT_TO_ANNOTATION}: ${exported.join(',')}`,
    cause,
    fix: `kubectl --context {context} -n ${service.metadata?.namespace} annotate service ${service.metadata?.name} --overwrite ${EXPORT_TO_ANNOTATION}=${[...exported.filter((one) => one !== '~'), ...own.namespaces].join(',')}`,
  };
}

type Hidden = { readonly crossing: CrossingService; readonly askers: readonly string[] };

function defaultFinding(hidden: readonly Hidden[], own: GatewayView): Finding {
  const { defaultServiceExportTo = [] } = own.configs[0] ?? {};
  const keys = hidden.map(({ crossing }) => crossing.key);
  const askers = [...new Set(hidden.flatMap((one) => one.askers))];
  const gateways = own.namespaces.join(', ');
  return {
    cluster: own.cluster,
    object: `ConfigMap ${own.istioNamespace ?? DEFAULT_ISTIO_NAMESPACE}/istio`,
    message: `exports Services to ${defaultServiceExportTo.join(', ')} alone, so the gateway in ${gateways} resets requests from ${askers.join(', ')} for ${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}`,
    evidence: `defaultServiceExportTo: ${defaultServiceExportTo.join(', ')}`,
    cause,
    fix: `add ${gateways} to meshConfig.defaultServiceExportTo (from Istio 1.30 on it counts beside "."), or annotate the Services with ${EXPORT_TO_ANNOTATION}`,
  };
}
