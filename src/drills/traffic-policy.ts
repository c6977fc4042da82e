import { outlierDetection, shortIdle } from '../istio/index.ts';
import type { DestinationRule, KubeObject } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { Change } from './frame/change.ts';
import { blocked, type Target } from './frame/target.ts';

export const destinationRules = { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' };
export const virtualServices = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' };

type Host = Pick<Target, 'host' | 'name' | 'namespace'>;

/** Seconds that a connection may take to be made, in what a drill sets for a service. */
export const connectTimeoutSeconds = 1;
/** Seconds that one try of a request may take, likewise. */
export const perTrySeconds = 2;

export interface PolicyOptions {
  /** The callers' cluster. */
  readonly cluster: string;
  /** Prefer that cluster. */
  readonly preferOwn: boolean;
}

/**
 * What lets callers leave a cluster that does not answer. The gateway of another network has no
 * region and no zone in Istio, so only the cluster's and the network's labels can rank it. What leaves
 * an endpoint out is what does so for `failover` of spec.services; a drill knows the number of pods, too.
 */
export function failoverPolicy(target: Target, { cluster, preferOwn }: PolicyOptions): KubeObject[] {
  const locality = preferOwn
    ? { enabled: true, failoverPriority: ['topology.istio.io/cluster'] }
    : { enabled: false };
  const rule = objectOf(destinationRules, target, {
    host: target.host,
    trafficPolicy: {
      connectionPool: { http: shortIdle, tcp: { connectTimeout: `${connectTimeoutSeconds}s` } },
      outlierDetection: { ...outlierDetection, maxEjectionPercent: ejectablePercent(target, cluster) },
      loadBalancer: { simple: 'ROUND_ROBIN', localityLbSetting: locality },
    },
  });
  return [rule, retryPolicy(target)];
}

/**
 * As many as the pods of the caller's cluster, and not one more: proxies see the pods of another network
 * as one endpoint, its gateway's, and once that is ejected as well there is nobody left to ask.
 */
function ejectablePercent({ homes }: Target, cluster: string): number {
  const own = homes.find((home) => home.cluster.spec.name === cluster)?.pods.length ?? 0;
  const others = homes.filter((home) => home.cluster.spec.name !== cluster).length;
  return own > 0 && others > 0 ? Math.floor((100 * Math.max(own, others)) / (own + others)) : 50;
}

/** By Istio's defaults only the third retry leaves the caller's priority. */
function retryPolicy(target: Host): KubeObject {
  return objectOf(virtualServices, target, {
    hosts: [target.host],
    http: [
      {
        retries: {
          attempts: 3,
          perTryTimeout: `${perTrySeconds}s`,
          retryRemoteLocalities: true,
          retryOn: 'connect-failure,refused-stream,unavailable,cancelled,reset,5xx',
        },
        route: [{ destination: { host: target.host } }],
      },
    ],
  });
}

/** An object of a drill, beside the service that it is about. */
export const objectOf = (
  type: { readonly apiVersion: string; readonly kind: string },
  { name, namespace }: Pick<Host, 'name' | 'namespace'>,
  spec: object,
): KubeObject => ({ ...type, metadata: { name: `isthmus-drill-${name}`, namespace }, spec });

/**
 * Those of the objects that a cluster needs: none of a kind of which it has one for the host, as that
 * is what is to be put to the test. Returns the names of those as well.
 */
export async function missingPolicy(
  { kube }: MeshCluster,
  target: Host,
  { wanted, signal }: { wanted: readonly KubeObject[]; signal: AbortSignal },
): Promise<{ changes: Change[]; inPlace: string[] }> {
  const [rules, services] = await Promise.all([
    kube.list<DestinationRule>(destinationRules.apiVersion, destinationRules.kind, { signal }),
    kube.list<KubeObject & { spec?: { hosts?: string[] } }>(
      virtualServices.apiVersion,
      virtualServices.kind,
      {
        signal,
      },
    ),
  ]);
  const inPlace = [
    ...rules.filter((rule) => isFor(target, rule, [rule.spec?.host ?? ''])),
    ...services.filter((service) => isFor(target, service, service.spec?.hosts ?? [])),
  ];
  const kinds = new Set(inPlace.map(({ kind }) => kind));
  return {
    changes: wanted.filter(({ kind }) => !kinds.has(kind)).map((object) => ({ kind: 'create', object })),
    inPlace: inPlace.map(({ kind, metadata }) => `${kind} ${metadata?.namespace}/${metadata?.name}`),
  };
}

/**
 * DRILL_BLOCKED where a service has settings of its own for its traffic that a drill's would be mixed
 * with, so that nobody could say whose shares were measured.
 */
export async function requireNoPolicy(
  clusters: readonly MeshCluster[],
  target: Host,
  signal: AbortSignal,
): Promise<void> {
  const kinds = [destinationRules, virtualServices];
  const wanted = kinds.map((kind) => objectOf(kind, target, {}));
  for (const cluster of clusters) {
    const { inPlace } = await missingPolicy(cluster, target, { wanted, signal });
    if (inPlace.length === 0) continue;
    throw blocked(`${cluster.spec.name}: ${target.host} has ${inPlace.join(', ')}`, {
      hint: 'this drill shares traffic out itself; choose a service without a DestinationRule and VirtualService',
    });
  }
}

/** A short name is meant in the object's own namespace. */
export function isFor(target: Host, { metadata }: KubeObject, hosts: readonly string[]): boolean {
  const short = metadata?.namespace === target.namespace ? [target.name] : [];
  const names = [target.host, `${target.name}.${target.namespace}`, `${target.name}.${target.namespace}.svc`];
  return hosts.some((host) => [...names, ...short].includes(host));
}
