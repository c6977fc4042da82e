import { regionOf, type ServiceSpec, type Topology } from '../../topology/index.ts';
import { shortIdle } from './short-idle.ts';

export const CLUSTER_LABEL = 'topology.istio.io/cluster';

/**
 * When endpoints are left out. A gateway's one address stands for every pod behind it, so one bad pod
 * can have it ejected: an answer of the application's own, as 500, never counts; nor do all the tries
 * of one request, which are four, suffice. All may be left out, or the last pods of a broken cluster
 * would keep their share for ever; and where nobody is left, Envoy asks them all the same, as some pods
 * behind a gateway may be well (`minHealthPercent` is its panic threshold, which Istio turns off).
 */
export const outlierDetection = {
  consecutive5xxErrors: 0,
  consecutiveGatewayErrors: 5,
  interval: '1s',
  baseEjectionTime: '15s',
  maxEjectionPercent: 100,
  minHealthPercent: 1,
} as const;

/** How endpoints are left out and who steps in. */
export function failoverPolicy({ clusters }: Topology, { failover = [] }: ServiceSpec): object {
  return {
    connectionPool: { http: shortIdle, tcp: { connectTimeout: '1s' } },
    outlierDetection: { ...outlierDetection },
    loadBalancer: {
      localityLbSetting: {
        enabled: true,
        // The endpoint of a gateway has this label and that of its network, and no others.
        failoverPriority: [CLUSTER_LABEL],
        ...(clusters.length > 2 ? { failover: rankedRegions(clusters, failover) } : {}),
      },
    },
  };
}

/** For callers of each region the one that steps in first; the file's rules see to it that regions differ. */
function rankedRegions(
  clusters: Topology['clusters'],
  order: readonly string[],
): { from: string; to: string }[] {
  return clusters.flatMap((own) => {
    const first = order.find((name) => name !== own.name);
    const next = clusters.find(({ name }) => name === first);
    const from = regionOf(own);
    const to = next && regionOf(next);
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}

/** What nothing has been done for yet, in Istio's default list and where nobody took the request. */
const untouched = 'connect-failure,refused-stream,reset-before-request,unavailable,cancelled';

/**
 * The third try may leave the caller's cluster: Envoy's `previous_priorities` looks at every second one.
 * A request is repeated after an answer, or after it broke off, only if its method changes nothing.
 */
const retries = (retryOn: string): object => ({ attempts: 3, retryOn, retryRemoteLocalities: true });

/** Routes of a host with failover: requests that change nothing, then all the others. */
export function failoverRoutes(host: string): object[] {
  const route = () => [{ destination: { host } }];
  return [
    {
      name: 'safe-methods',
      match: [{ method: { regex: 'GET|HEAD|OPTIONS' } }],
      route: route(),
      retries: retries(`${untouched},gateway-error,reset`),
    },
    { name: 'other-methods', route: route(), retries: retries(untouched) },
  ];
}
