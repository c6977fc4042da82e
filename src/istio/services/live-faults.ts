import type { EndpointSlice, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { ServiceSpec, Topology } from '../../topology/index.ts';
import { istioOf, meshConfigs } from '../observe/mesh-config.ts';
import { objectsOfService } from './service-objects.ts';

/** What the file wants of a Service and the clusters cannot give, and where in the file it is wanted. */
export interface ServiceFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}

export interface LiveFaultsOptions {
  readonly topology: Topology;
  /** Clusters that answer. */
  readonly clusters: readonly MeshCluster[];
  /** Names of those of which nobody can tell what they have. */
  readonly unreachable: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Wishes that are new and that the Services, as they are now, contradict: a route to a host that a
 * cluster of its callers does not know, and a residency where none of its endpoints is. A Service that no
 * cluster has yet may come, and a wish that is in place already is what checks look after.
 */
export async function liveServiceFaults(options: LiveFaultsOptions): Promise<ServiceFault[]> {
  const { topology, clusters, unreachable, signal } = options;
  if (clusters.length === 0) return [];
  const faults = topology.services.map(async (service) => {
    const { failover, split, residency } = service;
    if (!failover && !split && !residency) return [];
    const seen = await Promise.all(
      clusters.map((cluster) => serviceIn(cluster, { topology, service, signal })),
    );
    if (seen.some(({ inPlace }) => inPlace)) return [];
    return [
      ...(failover || split ? strangers(service, seen) : []),
      ...(residency?.some((name) => unreachable.includes(name)) ? [] : homeless(service, seen)),
    ];
  });
  return (await Promise.all(faults)).flat();
}

/** What one cluster has of a Service. */
interface Seen {
  readonly cluster: string;
  /** It is told already what is wanted. */
  readonly inPlace: boolean;
  readonly service: boolean;
  readonly endpoints: boolean;
  /** Its sidecars answer DNS for Services of every cluster. */
  readonly proxiesDns: boolean;
}

interface ObserveOptions {
  readonly topology: Topology;
  readonly service: ServiceSpec;
  readonly signal: AbortSignal;
}

async function serviceIn(
  { spec, kube }: MeshCluster,
  { topology, service, signal }: ObserveOptions,
): Promise<Seen> {
  const { name, namespace } = service;
  const [wanted] = objectsOfService(topology, service);
  const ref = {
    apiVersion: wanted?.apiVersion ?? '',
    kind: wanted?.kind ?? '',
    namespace,
    name: wanted?.metadata?.name ?? '',
  };
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const [made, live, slices, configs] = await Promise.all([
    kube.get(ref, { signal }),
    kube.get<Service>({ apiVersion: 'v1', kind: 'Service', namespace, name }, { signal }),
    kube.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', { namespace, labelSelector, signal }),
    meshConfigs(istioOf({ kube, spec }), { signal }),
  ]);
  const captures = configs.map(
    ({ defaultConfig }) => defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_CAPTURE'],
  );
  return {
    cluster: spec.name,
    inPlace: made !== undefined,
    service: live !== undefined,
    endpoints: slices.some(({ endpoints }) => (endpoints ?? []).length > 0),
    proxiesDns: captures.length > 0 && captures.every((capture) => String(capture) === 'true'),
  };
}

/** Callers resolve a name by their own cluster's DNS alone, unless their sidecars do. */
function strangers({ host, index, name, namespace }: ServiceSpec, seen: readonly Seen[]): ServiceFault[] {
  const having = seen.filter(({ service }) => service).map(({ cluster }) => cluster);
  const lacking = seen.filter(({ service, proxiesDns }) => !service && !proxiesDns);
  if (having.length === 0 || lacking.length === 0) return [];
  const names = lacking.map(({ cluster }) => cluster).join(', ');
  return [
    {
      path: ['spec', 'services', index, 'host'],
      message: `${names} has no Service ${namespace}/${name}, so its callers cannot resolve ${host}, which is in ${having.join(', ')}`,
      hint: `create the same Service in ${names}; it needs no pods there`,
    },
  ];
}

/** Endpoints elsewhere are those that nobody could use any more. */
function homeless({ host, index, residency = [] }: ServiceSpec, seen: readonly Seen[]): ServiceFault[] {
  const serving = seen.filter(({ endpoints }) => endpoints).map(({ cluster }) => cluster);
  if (residency.length === 0 || serving.length === 0) return [];
  if (serving.some((cluster) => residency.includes(cluster))) return [];
  return [
    {
      path: ['spec', 'services', index, 'residency'],
      message: `${host} has endpoints in ${serving.join(', ')} only, and in ${residency.join(', ')} it would have none`,
      hint: 'deploy it where it may be first, or name the clusters that it is in',
    },
  ];
}
