import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { PodRef } from './pod-command.ts';
import { proxyAdmin } from './proxy.ts';

interface StatsAnswer {
  readonly stats?: readonly { readonly name?: string; readonly value?: number | string }[];
}

export interface CounterOptions extends CallOptions {
  /** A regular expression that a counter's whole name has to contain. */
  readonly filter: string;
}

/**
 * Counters of a proxy by their names. Istio's bootstrap keeps few of Envoy's
 * (`proxyStatsMatcher`), so that one which is not there says nothing of what it would have counted.
 */
export async function proxyCounters(
  cluster: MeshCluster,
  pod: PodRef,
  { filter, ...options }: CounterOptions,
): Promise<ReadonlyMap<string, number>> {
  const path = `stats?format=json&filter=${encodeURIComponent(filter)}`;
  const { stats = [] } = (await proxyAdmin(cluster, pod, { path, ...options })) as StatsAnswer;
  return new Map(
    stats.flatMap(({ name, value }) =>
      name !== undefined && value !== undefined ? [[name, Number(value)] as const] : [],
    ),
  );
}
