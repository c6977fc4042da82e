import { expectedEndpoints, freshCluster, proxyClusters, SAMPLE_NAMESPACE } from '../istio/index.ts';
import type { ProbePod } from '../load/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { LoadReport } from '../report/index.ts';

/** Connections that the proxy of one caller opened to one cluster, by Envoy's counters. */
interface Counters {
  readonly from: string;
  readonly to: string;
  readonly opened: number;
  readonly failed: number;
}

export interface CountOptions {
  readonly clusters: readonly MeshCluster[];
  readonly callers: readonly ProbePod[];
  readonly signal: AbortSignal;
}

/**
 * Envoy counts a connection whose handshake fails as failed even where a retry hides that from the
 * application, so its counters are what tells of handshakes.
 */
export async function countConnections({ clusters, callers, signal }: CountOptions): Promise<Counters[]> {
  const counted = await Promise.all(
    callers.map(async (caller) => {
      const from = caller.cluster.spec.name;
      const service = { namespace: SAMPLE_NAMESPACE, name: 'helloworld', port: 5000 };
      const { endpoints } = await expectedEndpoints({ clusters, from, service, signal });
      const owners = new Map(endpoints.map(({ address, cluster }) => [address, cluster]));
      const all = await proxyClusters(
        caller.cluster,
        { namespace: caller.namespace, name: caller.name },
        { signal },
      );
      return all
        .filter(({ cluster }) => cluster.startsWith(freshCluster))
        .map(({ address, stats }) => ({
          from,
          to: owners.get(address) ?? address,
          opened: stats['cx_total'] ?? 0,
          failed: stats['cx_connect_fail'] ?? 0,
        }));
    }),
  );
  return counted.flat();
}

/** The report with what the counters grew by; a counter that began anew counts from its beginning. */
export function withConnections(
  report: LoadReport,
  before: readonly Counters[],
  after: readonly Counters[],
): LoadReport {
  const grown = (pair: { from: string; to: string }, key: 'opened' | 'failed') => {
    const sum = (all: readonly Counters[]) =>
      all.filter(({ from, to }) => from === pair.from && to === pair.to).reduce((n, one) => n + one[key], 0);
    const [first, last] = [sum(before), sum(after)];
    return last >= first ? last - first : last;
  };
  const pairs = report.pairs.map((pair) => ({
    ...pair,
    newConnections: grown(pair, 'opened'),
    failedConnections: grown(pair, 'failed'),
  }));
  return {
    ...report,
    pairs,
    newConnections: pairs.reduce((sum, { newConnections }) => sum + newConnections, 0),
    failedConnections: pairs.reduce((sum, { failedConnections }) => sum + failedConnections, 0),
  };
}
