import { proxyClusters, proxyCounters } from '../../istio/index.ts';
import { allOf } from '../../process/index.ts';
import type { DrillContext } from '../drill.ts';
import { gatewayPods, isOf } from './proxies.ts';

/** What went through the gateways between networks for one host. */
export interface Passage {
  /** Gateways that were asked. */
  readonly gateways: number;
  readonly connections: number;
  /** In both directions; undefined where the gateways' proxies count none. */
  readonly bytes: number | undefined;
}

/** Count what passed the gateways so far, since each was started. */
export async function passageOf(context: DrillContext, host: string): Promise<Passage> {
  const { signal } = context;
  const pods = await gatewayPods(context);
  const found = await allOf(
    pods.map(async ({ cluster, pod }) => {
      const one = { namespace: pod.namespace, name: pod.name };
      const endpoints = await proxyClusters(cluster, one, { signal });
      const name = host.replaceAll('.', '\\.');
      const filter = `${name}.*upstream_cx_[rt]x_bytes_total|istio_tcp_(sent|received)_bytes_total.*${name}`;
      const counters = await proxyCounters(cluster, one, { filter, signal });
      const connections = endpoints.filter((endpoint) => isOf(endpoint.cluster, host));
      return {
        connections: sum(connections.map(({ stats }) => stats['cx_total'] ?? 0)),
        bytes: counters.size > 0 ? sum([...counters.values()]) : undefined,
      };
    }),
  );
  const counted = found.flatMap(({ bytes }) => bytes ?? []);
  return {
    gateways: pods.length,
    connections: sum(found.map((one) => one.connections)),
    bytes: counted.length > 0 ? sum(counted) : undefined,
  };
}

/** What passed between two looks. */
export const between = (before: Passage, after: Passage): Passage => ({
  gateways: after.gateways,
  connections: after.connections - before.connections,
  bytes: after.bytes === undefined ? undefined : after.bytes - (before.bytes ?? 0),
});

export const passageText = ({ connections, bytes }: Passage): string =>
  `${connections} connections, ${bytes === undefined ? 'bytes not counted by its proxy' : `${bytes} bytes`}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
