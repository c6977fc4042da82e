import { type ClusterLocal, coversAny, fullHost, isClusterLocal, isInjected } from '../../istio/index.ts';
import { isReady, type Pod, type Service, selects } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { CheckRunContext } from '../engine/check.ts';
import type { GatewayFacts } from './gateway-facts.ts';
import { namespacedNameOf } from './istio-objects.ts';
import { ownGateways } from './own-gateways.ts';

/** A Service as one cluster has it. */
export interface ServiceCopy {
  readonly cluster: MeshCluster;
  readonly service: Service;
  /** Ready pods behind it that speak mutual TLS by their sidecars, so that other networks may get their answers. */
  readonly pods: readonly Pod[];
}

/** A Service that pods of one cluster answer and callers of another network may ask for. */
export interface CrossingService {
  /** `namespace/name`. */
  readonly key: string;
  /** Full name. */
  readonly host: string;
  readonly own: ServiceCopy;
  /** Its copies in other networks. */
  readonly elsewhere: readonly ServiceCopy[];
}

/** Full name of a Service. */
export const serviceHost = ({ metadata: { name = '', namespace = '' } = {} }: Service): string =>
  fullHost({ name, namespace });

/**
 * Services of namespaces with sidecars that a cluster's pods answer, that its gateway lets through, and that a
 * cluster of another network has as well and keeps to no cluster. Clusters that do not answer have none.
 */
export async function crossingServices(
  cluster: MeshCluster,
  context: CheckRunContext,
): Promise<CrossingService[]> {
  const { clusters, facts } = context;
  const peers = clusters.filter(({ spec }) => spec.network !== cluster.spec.network);
  const [own, gateways, ...others] = await Promise.all([
    copiesIn(cluster, context),
    facts.gateways(cluster),
    ...peers.map(async (peer) => ((await facts.answers(peer)) ? copiesIn(peer, context) : [])),
  ]);
  const copies = others.flat();
  return own.flatMap((copy) => {
    const key = namespacedNameOf(copy.service);
    const host = serviceHost(copy.service);
    const elsewhere = copies.filter(({ service }) => namespacedNameOf(service) === key);
    const crosses = copy.pods.length > 0 && elsewhere.length > 0 && isLetThrough(host, gateways);
    return crosses ? [{ key, host, own: copy, elsewhere }] : [];
  });
}

async function copiesIn(cluster: MeshCluster, { facts }: CheckRunContext): Promise<ServiceCopy[]> {
  const [namespaces, services, pods, kept] = await Promise.all([
    facts.objects(cluster, 'v1', 'Namespace'),
    facts.objects<Service>(cluster, 'v1', 'Service'),
    facts.objects<Pod>(cluster, 'v1', 'Pod'),
    facts.clusterLocal(cluster),
  ]);
  const injected = new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name));
  const speaking = pods.filter((pod) => isReady(pod) && isMutual(pod));
  return services
    .filter((one) => injected.has(one.metadata?.namespace) && isShareable(one) && !isKept(one, kept))
    .map((service) => ({ cluster, service, pods: speaking.filter((pod) => isBehind(pod, service)) }));
}

const isMutual = ({ metadata }: Pod): boolean => metadata?.labels?.['security.istio.io/tlsMode'] === 'istio';

const isShareable = ({ metadata, spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && !ownGateways.includes(metadata?.name ?? '');

const isKept = (service: Service, kept: readonly ClusterLocal[]): boolean =>
  kept.some((settings) => isClusterLocal(settings, serviceHost(service)));

const isBehind = ({ metadata }: Pod, service: Service): boolean =>
  metadata?.namespace === service.metadata?.namespace && selects(service.spec?.selector, metadata?.labels);

/** Where the Gateway API opens the port, no hosts are stated. */
function isLetThrough(host: string, { entries }: GatewayFacts): boolean {
  const servers = entries
    .flatMap(({ spec }) => spec?.servers ?? [])
    .filter(({ tls }) => tls?.mode === 'AUTO_PASSTHROUGH');
  const hosts = servers.flatMap((one) => one.hosts ?? []).map((one) => one.replace(/^.*\//, ''));
  return servers.length === 0 || coversAny(hosts, host);
}

/** Namespaces of a cluster's gateways between networks. */
export const gatewayNamespaces = ({ services, deployments }: GatewayFacts): string[] => [
  ...new Set([...services, ...deployments].flatMap(({ metadata }) => metadata?.namespace ?? [])),
];
