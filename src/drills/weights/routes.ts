import { shortIdle } from '../../istio/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import type { RequestRecord } from '../../load/index.ts';
import type { Target } from '../frame/target.ts';
import { destinationRules, objectOf, virtualServices } from '../traffic-policy.ts';

/** A part of a service's pods that traffic can be sent to. */
export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Clusters that have pods of it. */
  readonly clusters: readonly string[];
}

/** Settings of `connectionPool.http` of a DestinationRule. */
export interface HttpPool {
  readonly maxRequestsPerConnection?: number | null;
}

/** Percent of the requests, by the subset's name. */
export type Weights = Readonly<Record<string, number>>;

/** Requests with this header go to the subset that it names, whatever the weights are. */
export const keyHeader = 'x-isthmus-key';

/** Each cluster's pods, by the label that Istio gives every endpoint. */
export const subsetsByCluster = ({ homes }: Target): Subset[] =>
  homes.map(({ cluster: { spec } }) => ({
    name: spec.name,
    labels: { 'topology.istio.io/cluster': spec.name },
    clusters: [spec.name],
  }));

/** The pods of each version, by the label `version`. */
export function subsetsByVersion({ homes }: Target): Subset[] {
  const names = [...new Set(homes.flatMap(({ versions }) => versions))].sort();
  return names.map((name) => ({
    name,
    labels: { version: name },
    clusters: homes.filter(({ versions }) => versions.includes(name)).map(({ cluster }) => cluster.spec.name),
  }));
}

/** @param http settings of its connection pool besides the usual one; null takes one back in a merge patch */
export const subsetRule = (target: Target, subsets: readonly Subset[], http: HttpPool = {}): KubeObject =>
  objectOf(destinationRules, target, {
    host: target.host,
    subsets: subsets.map(({ name, labels }) => ({ name, labels })),
    trafficPolicy: { connectionPool: { http: { ...shortIdle, ...http } } },
  });

/** By which weights a request was routed, and to which subset; empty if no proxy said. */
export function routeOf({ route }: { readonly route: string }): { turn: string; subset: string } {
  const [turn = '', subset = ''] = route.split(':');
  return { turn, subset };
}

/** Answers by which one knows that a proxy has taken weights over. */
const mostLooked = 20;
const fewestLooked = 3;

/**
 * Whether a caller's proxy goes by the weights of this turn on all connections, as far as its last answers tell, of
 * which there are those of a second, 3 to 20. Envoy's workers take routes over each for itself, and a connection
 * stays with one of them: the newest answer alone speaks of one worker.
 *
 * @param records in the order of their answers
 * @param now.rate requests a second of this caller
 */
export function routesThroughout(
  records: readonly RequestRecord[],
  now: { readonly turn: string; readonly rate: number },
): boolean {
  const looked = Math.min(mostLooked, Math.max(fewestLooked, now.rate));
  const routed = records.filter(({ route }) => route !== '').slice(-looked);
  return routed.length === looked && routed.every((record) => routeOf(record).turn === now.turn);
}

export interface Turn {
  readonly weights: Weights;
  /** Tells these weights from those before. */
  readonly turn: number;
}

/**
 * Shares of the requests; each answer says by a header by which weights and to which subset it was
 * sent, which also tells of requests that got an error.
 */
export function weightedRoutes(target: Target, { weights, turn }: Turn): KubeObject {
  const to = (subset: string) => ({
    destination: { host: target.host, subset },
    headers: { response: { set: { 'x-isthmus-route': `${turn}:${subset}` } } },
  });
  const keyed = Object.keys(weights).map((subset) => ({
    match: [{ headers: { [keyHeader]: { exact: subset } } }],
    route: [to(subset)],
  }));
  const shared = Object.entries(weights).filter(([, weight]) => weight > 0);
  return objectOf(virtualServices, target, {
    hosts: [target.host],
    http: [...keyed, { route: shared.map(([subset, weight]) => ({ ...to(subset), weight })) }],
  });
}

/** Requests with the header go to the cluster that it names, all others wherever the service is. */
export function keyedRoutes(target: Target, subsets: readonly Subset[]): KubeObject {
  const keyed = subsets.map(({ name }) => ({
    match: [{ headers: { [keyHeader]: { exact: name } } }],
    route: [{ destination: { host: target.host, subset: name } }],
  }));
  return objectOf(virtualServices, target, {
    hosts: [target.host],
    http: [...keyed, { route: [{ destination: { host: target.host } }] }],
  });
}
