import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istiodDebug } from '../observe/istiod.ts';
import { fullHost } from '../services/service-host.ts';
import type { ServiceRef } from './service-ref.ts';

export interface ShardsAnswer {
  readonly [service: string]: {
    readonly [namespace: string]: { readonly Shards?: Readonly<Record<string, readonly ShardEndpoint[]>> };
  };
}

interface ShardEndpoint {
  readonly Addresses?: readonly string[] | null;
  readonly Address?: string;
}

/** Pod addresses of a service that one istiod pod knows in each cluster, by cluster name. */
export async function endpointShards(
  { cluster, pod, service }: { cluster: MeshCluster; pod: string; service: ServiceRef },
  options: CallOptions = {},
): Promise<Record<string, string[]>> {
  const answer = await allShards(cluster, pod, options);
  return parseShards(answer[fullHost(service)]?.[service.namespace]?.Shards ?? {});
}

async function allShards(cluster: MeshCluster, pod: string, options: CallOptions): Promise<ShardsAnswer> {
  const answer = await istiodDebug(cluster, pod, { path: '/debug/endpointShardz', ...options });
  return (answer as ShardsAnswer | null) ?? {};
}

/** Keys are `provider/cluster`, such as `Kubernetes/eks-1`. */
export function parseShards(shards: Readonly<Record<string, readonly ShardEndpoint[]>>) {
  const found: Record<string, string[]> = {};
  for (const [key, endpoints] of Object.entries(shards)) {
    const cluster = key.slice(key.indexOf('/') + 1);
    const addresses = endpoints.flatMap(({ Addresses, Address }) => Addresses ?? Address ?? []);
    found[cluster] = [...(found[cluster] ?? []), ...addresses];
  }
  return found;
}

/** Pod addresses in one peer that an istiod pod knows, sorted, by service host; hosts without any are left out. */
export async function peerShards(
  { cluster, pod, peer }: { cluster: MeshCluster; pod: string; peer: string },
  options: CallOptions = {},
): Promise<Record<string, string[]>> {
  const answer = await allShards(cluster, pod, options);
  return shardsOfPeer(answer, peer);
}

/** The part of `/debug/endpointShardz` that is about one cluster. */
export function shardsOfPeer(answer: ShardsAnswer, peer: string): Record<string, string[]> {
  const entries = Object.keys(answer)
    .sort()
    .flatMap((host) => {
      const namespaces = Object.values(answer[host] ?? {});
      const addresses = namespaces.flatMap(({ Shards = {} }) => parseShards(Shards)[peer] ?? []);
      return addresses.length > 0 ? [[host, addresses.sort()] as const] : [];
    });
  return Object.fromEntries(entries);
}
