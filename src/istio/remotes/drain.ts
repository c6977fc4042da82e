import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { INGRESS_NAMESPACE } from '../names.ts';
import { proxyClusters } from '../observe/proxy.ts';
import { type RunningPod, runningPods } from '../observe/running-pods.ts';

/** How long requests on their way may take to their end. Milliseconds. */
const drainMs = 60_000;

/**
 * Wait until nobody is connected to the east-west gateways of a cluster that the others have forgotten: every
 * request that was on its way has its answer then, as proxies end connections to an endpoint that they have no more
 * with the last request on them. TIMED_OUT names who is connected still: connections that nobody ends are not
 * waited for without end.
 */
export async function waitForDrain(
  cluster: MeshCluster,
  { reporter, signal }: { readonly reporter: Reporter; readonly signal: AbortSignal },
): Promise<void> {
  const name = cluster.spec.name;
  const gateways = await runningPods(cluster, {
    namespace: INGRESS_NAMESPACE,
    labelSelector: 'istio=eastwestgateway',
    signal,
  });
  if (gateways.length === 0) return;
  const wait = {
    what: `connections from other networks to ${name} to end`,
    timeoutMs: drainMs,
    signal,
    hint: `end what holds them, then run the command again; isthmus down --force cuts them off`,
  };
  await span(reporter, { title: 'connections drain', cluster: name }, () =>
    waitUntil(wait, async () => {
      for (const gateway of gateways) {
        const active = await activeConnections(cluster, gateway, signal);
        if (active > 0) throw new NotReady(`${gateway.name} still has ${active}`);
      }
    }),
  );
}

/**
 * Connections that a gateway passes through to pods of its cluster, by Envoy's counters of each endpoint: those of its
 * listeners are not among the statistics that Istio has a proxy keep.
 */
async function activeConnections(
  cluster: MeshCluster,
  gateway: RunningPod,
  signal: AbortSignal,
): Promise<number> {
  const endpoints = await proxyClusters(cluster, gateway, { signal });
  return endpoints
    .filter((endpoint) => endpoint.cluster.startsWith('outbound_.'))
    .reduce((sum, { stats }) => sum + (stats['cx_active'] ?? 0), 0);
}
