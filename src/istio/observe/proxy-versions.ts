import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istiodDebug } from './istiod.ts';

/** One proxy in istiod's list of those that are connected to it. */
export interface SyncEntry {
  readonly proxy?: string;
  readonly cluster_id?: string;
  readonly istio_version?: string;
  readonly proxy_version?: string;
}

/** How many proxies connected to one istiod run each version, by what they said when they connected. */
export async function proxyVersions(
  cluster: MeshCluster,
  istiodPod: string,
  options: CallOptions = {},
): Promise<Record<string, number>> {
  const answer = await istiodDebug(cluster, istiodPod, { path: '/debug/syncz', ...options });
  return countVersions((answer ?? []) as readonly SyncEntry[]);
}

/** Versions of istiod's list, each with its number; `unknown` for proxies that did not tell. */
export function countVersions(entries: readonly SyncEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { istio_version: version = 'unknown' } of entries) counts[version] = (counts[version] ?? 0) + 1;
  return counts;
}
