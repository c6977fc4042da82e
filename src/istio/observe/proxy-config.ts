import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { PodRef } from './pod-command.ts';
import { proxyAdmin } from './proxy.ts';

interface ConfigDump {
  readonly configs?: readonly {
    readonly cluster?: { readonly name?: string };
    readonly active_state?: { readonly listener?: Listener };
  }[];
}

interface Listener {
  readonly filter_chains?: readonly {
    readonly filter_chain_match?: { readonly server_names?: readonly string[] };
  }[];
}

/** Names of all Envoy clusters that a proxy was told of, also of those without an endpoint. */
export async function proxyClusterNames(
  cluster: MeshCluster,
  pod: PodRef,
  options: CallOptions = {},
): Promise<ReadonlySet<string>> {
  const path = 'config_dump?resource=dynamic_active_clusters&mask=cluster.name';
  const { configs = [] } = (await proxyAdmin(cluster, pod, { path, ...options })) as ConfigDump;
  return new Set(configs.flatMap(({ cluster: one }) => one?.name ?? []));
}

/** Server names by which a proxy's listeners tell connections apart, those that are in use alone. */
export async function proxyServerNames(
  cluster: MeshCluster,
  pod: PodRef,
  options: CallOptions = {},
): Promise<ReadonlySet<string>> {
  const path = 'config_dump?resource=dynamic_listeners';
  const { configs = [] } = (await proxyAdmin(cluster, pod, { path, ...options })) as ConfigDump;
  const chains = configs.flatMap(({ active_state: active }) => active?.listener?.filter_chains ?? []);
  return new Set(chains.flatMap((chain) => chain.filter_chain_match?.server_names ?? []));
}

/** Everything by which a proxy chooses an Envoy cluster, HTTP routes and listeners, as JSON text. */
export async function proxyRouting(
  cluster: MeshCluster,
  pod: PodRef,
  options: CallOptions = {},
): Promise<string> {
  const parts = await Promise.all(
    ['dynamic_route_configs', 'dynamic_listeners'].map((resource) =>
      proxyAdmin(cluster, pod, { path: `config_dump?resource=${resource}`, ...options }),
    ),
  );
  return JSON.stringify(parts);
}

/** A proxy's HTTP routes for one port of Services, as JSON text: whom it knows there, and where each leads. */
export async function proxyRoutes(
  cluster: MeshCluster,
  pod: PodRef,
  { port, ...options }: CallOptions & { readonly port: number },
): Promise<string> {
  const path = `config_dump?resource=dynamic_route_configs&name_regex=${encodeURIComponent(`^${port}$`)}`;
  return JSON.stringify(await proxyAdmin(cluster, pod, { path, ...options }));
}
