import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type PodRef, parseJson } from './pod-command.ts';
import { envoyServer, type PageRequest, podPage } from './pod-page.ts';

/** One endpoint of one Envoy cluster, as the proxy itself sees it. */
export interface ProxyEndpoint {
  /** Envoy cluster name, such as `outbound|5000||helloworld.sample.svc.cluster.local`. */
  readonly cluster: string;
  /** IP address; the path of a pipe or the name of an internal listener for other kinds. */
  readonly address: string;
  /** 0 for a pipe or an internal listener. */
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  /** EDS says healthy and no outlier or active check says otherwise. */
  readonly healthy: boolean;
  /** What speaks against it, such as `failed_outlier_check` or `eds:UNHEALTHY`; empty if healthy. */
  readonly flags: readonly string[];
  /** `region/zone/subzone`; empty if unknown. */
  readonly locality: string;
  /** Envoy's counters per endpoint: `rq_total`, `rq_error`, `cx_active`, … */
  readonly stats: Readonly<Record<string, number>>;
}

/** GET a path of the proxy's admin interface. */
export async function proxyAdmin(cluster: MeshCluster, pod: PodRef, request: PageRequest): Promise<unknown> {
  const text = await podPage(cluster, { ...pod, server: envoyServer }, request);
  return parseJson(text, `the proxy of ${pod.namespace}/${pod.name}`);
}

interface HostStatus {
  readonly address?: {
    readonly socket_address?: { readonly address?: string; readonly port_value?: number };
    readonly pipe?: { readonly path?: string };
    readonly envoy_internal_address?: { readonly server_listener_name?: string };
  };
  readonly stats?: readonly { readonly name: string; readonly value?: string | number }[];
  readonly health_status?: Readonly<Record<string, boolean | string>>;
  readonly weight?: number;
  readonly priority?: number;
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string };
}

export interface ClustersAnswer {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly host_statuses?: readonly HostStatus[];
  }[];
}

/** Every endpoint of every cluster that a proxy has. */
export async function proxyClusters(
  cluster: MeshCluster,
  pod: PodRef,
  options: CallOptions = {},
): Promise<ProxyEndpoint[]> {
  return parseClusters(
    (await proxyAdmin(cluster, pod, { path: 'clusters?format=json', ...options })) as ClustersAnswer,
  );
}

/** Envoy's `clusters?format=json` as endpoints. */
export function parseClusters(answer: ClustersAnswer): ProxyEndpoint[] {
  return (answer.cluster_statuses ?? []).flatMap((status) =>
    (status.host_statuses ?? []).map((host) => endpointOf(status.name, host)),
  );
}

function endpointOf(cluster: string, host: HostStatus): ProxyEndpoint {
  const socket = host.address?.socket_address;
  const flags = flagsOf(host.health_status ?? {});
  const { region = '', zone = '', sub_zone: subZone = '' } = host.locality ?? {};
  return {
    cluster,
    address:
      socket?.address ??
      host.address?.pipe?.path ??
      host.address?.envoy_internal_address?.server_listener_name ??
      '',
    port: socket?.port_value ?? 0,
    weight: host.weight ?? 1,
    priority: host.priority ?? 0,
    healthy: flags.length === 0,
    flags,
    locality: [region, zone, subZone].filter(Boolean).join('/'),
    stats: Object.fromEntries((host.stats ?? []).map(({ name, value }) => [name, Number(value ?? 0)])),
  };
}

function flagsOf(health: Readonly<Record<string, boolean | string>>): string[] {
  const { eds_health_status: eds = 'HEALTHY', ...rest } = health;
  const raised = Object.keys(rest).filter((flag) => rest[flag] === true);
  return eds === 'HEALTHY' || eds === 'UNKNOWN' ? raised : [`eds:${eds}`, ...raised];
}
