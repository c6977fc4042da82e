import { fullHost, isClusterLocalForAll, isInjected } from '../../../istio/index.ts';
import type { EndpointSlice, Service } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import { groupBy } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { namespacedNameOf } from '../../facts/istio-objects.ts';
import { ownGateways } from '../../facts/own-gateways.ts';

export interface ServicePort {
  /** Empty if it has none, which is a name like another to istiod. */
  readonly name: string;
  readonly port: number;
}

/** A Service as one cluster has it. */
export interface ServiceCopy {
  readonly cluster: string;
  readonly network: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly kind: 'ClusterIP' | 'headless' | 'ExternalName';
  /** Of an ExternalName, where it leads. */
  readonly externalName?: string | undefined;
  readonly ports: readonly ServicePort[];
  /** Ready endpoints here. */
  readonly ready: number;
  /** Sidecars here take a headless Service’s endpoints from istiod, and not what DNS answered for the destination. */
  readonly balancesHeadless?: boolean | undefined;
  /** Another Service with a cluster IP selects the same pods, or some of them, by which callers reach them. */
  readonly hasSibling?: boolean | undefined;
}

/** Of namespaces with sidecars, without what the mesh configuration keeps in its cluster. */
export async function serviceCopies(
  cluster: MeshCluster,
  { facts }: CheckRunContext,
): Promise<ServiceCopy[]> {
  const { spec } = cluster;
  const [namespaces, all, slices, local, revisions] = await Promise.all([
    facts.objects(cluster, 'v1', 'Namespace'),
    facts.objects<Service>(cluster, 'v1', 'Service'),
    facts.objects<EndpointSlice>(cluster, 'discovery.k8s.io/v1', 'EndpointSlice'),
    facts.clusterLocal(cluster),
    facts.istiodRevisions(cluster),
  ]);
  const injected = new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name));
  const isShared = ({ metadata }: Service) => {
    const { namespace = '', name = '' } = metadata ?? {};
    const kept = isClusterLocalForAll(local, fullHost({ name, namespace }));
    return injected.has(namespace) && !ownGateways.includes(name) && !kept;
  };
  const shared = all.filter(isShared);
  const ready = readyOf(slices);
  const balancesHeadless =
    revisions.length > 0 &&
    revisions.every(({ environment }) => environment['PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES'] === 'true');
  return shared.map((service) => ({
    cluster: spec.name,
    network: spec.network,
    key: namespacedNameOf(service),
    kind: kindOf(service),
    externalName: service.spec?.externalName,
    ports: (service.spec?.ports ?? []).map(({ name = '', port }) => ({ name, port })),
    ready: ready.get(namespacedNameOf(service)) ?? 0,
    balancesHeadless,
    hasSibling: shared.some((other) => isSibling(other, service)),
  }));
}

const kindOf = ({ spec }: Service): ServiceCopy['kind'] =>
  spec?.type === 'ExternalName' ? 'ExternalName' : spec?.clusterIP === 'None' ? 'headless' : 'ClusterIP';

/** As charts of databases make them: a headless Service for the members and one with an address for callers. */
function isSibling(other: Service, service: Service): boolean {
  const own = service.spec?.selector ?? {};
  const common = Object.entries(other.spec?.selector ?? {}).filter(([key]) => key in own);
  return (
    kindOf(other) === 'ClusterIP' &&
    other.metadata?.namespace === service.metadata?.namespace &&
    common.length > 0 &&
    common.every(([key, value]) => own[key] === value)
  );
}

function readyOf(slices: readonly EndpointSlice[]): Map<string, number> {
  const serviceKey = ({ metadata }: EndpointSlice) =>
    `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`;
  const count = ({ endpoints }: EndpointSlice) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length;
  return new Map(
    [...groupBy(slices, serviceKey)].map(([key, own]) => [
      key,
      own.reduce((sum, one) => sum + count(one), 0),
    ]),
  );
}
