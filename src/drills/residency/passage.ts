import { proxyClusters, proxyCounters } from '../../istio/index.ts';
import { allOf } from '../../process/index.ts';
import type { DrillContext } from '../drill.ts';
import { gatewayPods, isOf } from './proxies.ts';

/** What went through the gateways between networks for one host. */
export interface Passage {
  /** Gateways that were asked. */
  readonly gateways: number;
  /** Connections that were made. */
  readonly connections: number;
  /** Connections that are there; they carry something without being made anew. */
  readonly open: number;
  /** Gateways that have a counter of bytes for the host. */
  readonly counting: number;
  /** In both directions, by those gateways. */
  readonly bytes: number;
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
      const own = endpoints.filter((endpoint) => isOf(endpoint.cluster, host)).map(({ stats }) => stats);
      return {
        connections: sum(own.map((stats) => stats['cx_total'] ?? 0)),
        open: sum(own.map((stats) => stats['cx_active'] ?? 0)),
        counting: counters.size > 0 ? 1 : 0,
        bytes: sum([...counters.values()]),
      };
    }),
  );
  return {
    gateways: pods.length,
    connections: sum(found.map((one) => one.connections)),
    open: sum(found.map((one) => one.open)),
    counting: sum(found.map((one) => one.counting)),
    bytes: sum(found.map((one) => one.bytes)),
  };
}

/** What passed between two looks; open is what was so at either. */
export const between = (before: Passage, after: Passage): Passage => ({
  gateways: after.gateways,
  connections: after.connections - before.connections,
  open: Math.max(before.open, after.open),
  counting: after.counting,
  bytes: after.bytes - before.bytes,
});

/** Does every gateway count the bytes of a service? Only one that has its connections can be seen to. */
export const countsBytes = (shared: Passage): boolean =>
  shared.gateways > 0 && shared.counting === shared.gateways;

/** Bytes are told only where they are known to be counted. */
export const passageText = (passage: Passage, counted: boolean): string =>
  `${passage.connections} connections made, ${passage.open} open, ${counted ? `${passage.bytes} bytes` : 'bytes not counted by every gateway'}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
