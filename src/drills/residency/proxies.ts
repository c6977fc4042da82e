import {
  proxyClusters,
  proxyPods,
  proxyServerNames,
  runningEastWestGateways,
  type StartedPod,
} from '../../istio/index.ts';
import type { EndpointSlice } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillContext } from '../drill.ts';

/** What the proxies of the mesh know of a service. */
export interface ProxyFindings {
  /** Proxies that were asked. */
  readonly asked: number;
  /** Endpoints of another cluster than the proxy's own, one line each. */
  readonly strays: readonly string[];
}

/** At a time in one cluster; each is a command in a pod. */
const atOnce = 8;

/**
 * Ask every proxy of every cluster for its endpoints of the service: none may be of another cluster,
 * and a cluster where the service may not be has none at all.
 */
export async function proxyEndpoints(
  context: DrillContext,
  residents: readonly string[],
): Promise<ProxyFindings> {
  const found = await allOf(
    context.clusters.map(async (cluster) => {
      const own = residents.includes(cluster.spec.name) ? await ownAddresses(context, cluster) : new Set();
      const pods = (await proxyPods(cluster, context)).filter(({ proxyless }) => !proxyless);
      const strays = await inBatches(pods, (pod) => straysOf(context, { cluster, pod, own }));
      return { asked: pods.length, strays };
    }),
  );
  return {
    asked: found.reduce((sum, { asked }) => sum + asked, 0),
    strays: found.flatMap(({ strays }) => strays),
  };
}

async function ownAddresses(
  { target: { namespace, name }, signal }: DrillContext,
  { kube }: MeshCluster,
): Promise<ReadonlySet<string>> {
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const slices = await kube.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', {
    namespace,
    labelSelector,
    signal,
  });
  return new Set(slices.flatMap(({ endpoints }) => endpoints ?? []).flatMap(({ addresses }) => addresses));
}

interface Asked {
  readonly cluster: MeshCluster;
  readonly pod: StartedPod;
  readonly own: ReadonlySet<unknown>;
}

async function straysOf(
  { target: { host }, signal }: DrillContext,
  { cluster, pod, own }: Asked,
): Promise<string[]> {
  const container = 'istio-proxy';
  const endpoints = await proxyClusters(cluster, { ...pod, container }, { signal });
  return endpoints
    .filter((one) => isOf(one.cluster, host) && !own.has(one.address))
    .map((one) => `${cluster.spec.name} ${pod.namespace}/${pod.name}: ${one.address}:${one.port}`);
}

/** Envoy's clusters of a host: a caller's `outbound|PORT|SUBSET|HOST`, a gateway's `outbound_.PORT_.SUBSET_.HOST`. */
export const isOf = (envoyCluster: string, host: string): boolean =>
  envoyCluster.startsWith('outbound') &&
  (envoyCluster.endsWith(`|${host}`) || envoyCluster.endsWith(`_.${host}`));

/** Names by which the gateways between networks would let the service through, one line each. */
export async function gatewayNames(context: DrillContext): Promise<ProxyFindings> {
  const { target, signal } = context;
  const found = await allOf(
    (await gatewayPods(context)).map(async ({ cluster, pod }) => {
      const names = await proxyServerNames(cluster, pod, { signal });
      const own = [...names].filter((name) => isOf(name, target.host));
      return own.map((name) => `${cluster.spec.name} ${pod.name}: ${name}`);
    }),
  );
  return { asked: found.length, strays: found.flat() };
}

/** Ready pods of the gateways between networks. */
export async function gatewayPods({ clusters, signal }: Pick<DrillContext, 'clusters' | 'signal'>) {
  const found = await allOf(
    clusters.map(async (cluster) => {
      const pods = await runningEastWestGateways(cluster, { signal });
      return pods.filter(({ ready }) => ready).map((pod) => ({ cluster, pod }));
    }),
  );
  return found.flat();
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R[]>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await allOf(items.slice(at, at + atOnce).map(work))).flat());
  return results;
}
