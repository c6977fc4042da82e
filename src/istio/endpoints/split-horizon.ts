import { isIPv6 } from 'node:net';

/** One pod port behind a service. */
export interface EndpointFact {
  readonly address: string;
  readonly port: number;
  /** istiod sends pods that are not ready as well, marked unhealthy, but none that terminates. */
  readonly ready: boolean;
  readonly pod?: string | undefined;
  /** `region/zone/subzone` as istiod derives it; empty if unknown. */
  readonly locality: string;
  /** Has a sidecar that accepts mutual TLS; without one it cannot be reached across networks. */
  readonly mtls: boolean;
}

export interface GatewayFact {
  /** IP address, host names already resolved. */
  readonly address: string;
  readonly port: number;
}

/** A gateway of a network that the istiod of one cluster knows alone. */
export interface DescribedGateway extends GatewayFact {
  readonly network: string;
  /** Cluster in which that istiod found it, empty for none; its own when undefined. */
  readonly registry?: string;
}

/** One cluster as far as one service is concerned. */
export interface ClusterFacts {
  readonly cluster: string;
  readonly network: string;
  readonly ipFamily: 'ipv4' | 'ipv6';
  /** Ready and not yet ready ones; none that terminates. */
  readonly endpoints: readonly EndpointFact[];
  readonly gateways: readonly GatewayFact[];
  /** Known to this cluster's istiod alone. */
  readonly described?: readonly DescribedGateway[] | undefined;
  /** Names of its gateways' load balancers that do not resolve, and why. */
  readonly unresolved?: readonly string[] | undefined;
}

/** An endpoint that Envoy of a pod must have for a service. */
export interface ExpectedEndpoint {
  readonly address: string;
  readonly port: number;
  /** As istiod sends it: scaled by the least common multiple of the gateway counts. */
  readonly weight: number;
  /** Cluster that the pod or gateway is in. */
  readonly cluster: string;
  readonly via: 'pod' | 'gateway';
  /** False for a pod that is not ready; a gateway always counts as healthy. */
  readonly healthy: boolean;
  /** Name of the pod, for `via: pod`. */
  readonly pod?: string | undefined;
}

export interface SplitHorizon {
  readonly endpoints: readonly ExpectedEndpoint[];
  /** Below 1 in sum when requests go to a gateway with no ready pod behind it. */
  readonly shares: Readonly<Record<string, number>>;
  readonly unreachable: readonly { readonly cluster: string; readonly reason: string }[];
}

interface Gateway extends GatewayFact {
  /** Cluster that it is in. */
  readonly cluster: string;
  /** Cluster in which istiod found it. */
  readonly registry: string;
  readonly network: string;
}

/**
 * Istio's split-horizon rule, as istiod's EndpointsByNetworkFilter has it: pods of the own network
 * directly, every other network by its gateways. Each pod weighs the least common multiple of the
 * gateway counts per network and per cluster, and a remote pod's weight is divided evenly among its
 * cluster's gateway addresses, or its network's if its cluster has none. Pods that are not ready
 * weigh as much as ready ones.
 */
export function splitHorizon(facts: readonly ClusterFacts[], from: string): SplitHorizon {
  const asking = facts.find(({ cluster }) => cluster === from);
  if (!asking) return { endpoints: [], shares: {}, unreachable: [] };
  const gateways = [
    ...facts.flatMap(({ cluster, network, gateways: own }) =>
      own.map((gateway): Gateway => ({ ...gateway, cluster, registry: cluster, network })),
    ),
    ...(asking.described ?? []).map((gateway): Gateway => {
      const { registry = from, network } = gateway;
      const place = facts.find((one) => one.cluster === registry && one.network === network);
      const cluster = (place ?? facts.find((one) => one.network === network))?.cluster ?? from;
      return { ...gateway, cluster, registry };
    }),
  ];
  const routes = facts.map((fact) => routeTo(fact, asking, gateways));
  const endpoints = firstOfEachAddress(byLocality(routes, scaleOf(gateways)));
  return {
    endpoints,
    shares: sharesOf(endpoints, facts, asking),
    unreachable: routes.flatMap(({ fact, reason }) =>
      reason && fact.endpoints.length > 0 ? [{ cluster: fact.cluster, reason }] : [],
    ),
  };
}

interface Route {
  readonly fact: ClusterFacts;
  readonly direct: boolean;
  readonly through: readonly Gateway[];
  readonly reason?: string;
}

function routeTo(fact: ClusterFacts, asking: ClusterFacts, gateways: readonly Gateway[]): Route {
  if (fact.network === asking.network) return { fact, direct: true, through: [] };
  const ofNetwork = gateways.filter(({ network }) => network === fact.network);
  const own = ofNetwork.filter(({ registry }) => registry === fact.cluster);
  const candidates = own.length > 0 ? own : ofNetwork;
  const family = asking.ipFamily;
  const through = candidates.filter(({ address }) => isIPv6(address) === (family === 'ipv6'));
  const reason =
    candidates.length === 0
      ? noGateway(fact)
      : through.length === 0
        ? `no gateway of network ${fact.network} has an ${family === 'ipv6' ? 'IPv6' : 'IPv4'} address`
        : !fact.endpoints.some(({ mtls }) => mtls)
          ? 'none of its pods has a sidecar'
          : !fact.endpoints.some(({ mtls, ready }) => mtls && ready)
            ? 'none of its pods is ready'
            : undefined;
  return { fact, direct: false, through, ...(reason ? { reason } : {}) };
}

function noGateway({ network, unresolved = [] }: ClusterFacts): string {
  const names = unresolved.length > 0 ? `; ${unresolved.join('; ')}` : '';
  return `network ${network} has no gateway address${names}`;
}

/** Localities in istiod's order; within one, pods first, then gateways by address and port. */
function byLocality(routes: readonly Route[], scale: number): ExpectedEndpoint[] {
  const localities = [...new Set(routes.flatMap(({ fact }) => fact.endpoints.map((one) => one.locality)))];
  return localities.sort().flatMap((locality) => {
    const pods: ExpectedEndpoint[] = [];
    const weights = new Map<Gateway, number>();
    for (const { fact, direct, through } of routes) {
      for (const endpoint of fact.endpoints.filter((one) => one.locality === locality)) {
        if (direct) pods.push(podEndpoint(fact.cluster, endpoint, scale));
        else if (endpoint.mtls) addWeight(weights, through, scale);
      }
    }
    return [...pods, ...gatewayEndpoints(weights)];
  });
}

function podEndpoint(cluster: string, endpoint: EndpointFact, weight: number): ExpectedEndpoint {
  const { address, port, pod, ready } = endpoint;
  return { address, port, weight, cluster, via: 'pod', healthy: ready, pod };
}

function addWeight(weights: Map<Gateway, number>, through: readonly Gateway[], scale: number): void {
  const each = Math.floor(scale / through.length);
  for (const gateway of through) weights.set(gateway, (weights.get(gateway) ?? 0) + each);
}

function gatewayEndpoints(weights: ReadonlyMap<Gateway, number>): ExpectedEndpoint[] {
  return [...weights]
    .map(([{ address, port, cluster }, weight]) => ({
      address,
      port,
      weight: Math.max(weight, 1),
      cluster,
      via: 'gateway' as const,
      healthy: true,
    }))
    .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port));
}

/**
 * Envoy keeps only the first of several equal addresses in one assignment, so a gateway in front of
 * pods in several localities counts with the first locality's weight alone.
 */
function firstOfEachAddress(endpoints: readonly ExpectedEndpoint[]): ExpectedEndpoint[] {
  const seen = new Set<string>();
  return endpoints.filter(({ address, port }) => {
    const key = `${address}|${port}`;
    return !seen.has(key) && seen.add(key);
  });
}

function scaleOf(gateways: readonly Gateway[]): number {
  const counts = new Map<string, number>();
  for (const { network, registry } of gateways)
    for (const key of [`network ${network}`, `cluster ${network} ${registry}`])
      counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].reduce(leastCommonMultiple, 1);
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
const leastCommonMultiple = (a: number, b: number): number => (a * b) / greatestCommonDivisor(a, b);

/**
 * A gateway knows all pods of its network whatever their cluster, so what arrives at a network is
 * answered by its clusters in proportion to their pods.
 */
function sharesOf(
  endpoints: readonly ExpectedEndpoint[],
  facts: readonly ClusterFacts[],
  asking: ClusterFacts,
): Record<string, number> {
  const usable = endpoints.filter(({ healthy }) => healthy);
  const total = usable.reduce((sum, { weight }) => sum + weight, 0);
  const networkOf = new Map(facts.map(({ cluster, network }) => [cluster, network]));
  return Object.fromEntries(
    facts.flatMap((fact) => {
      const weight = usable
        .filter(({ cluster }) => networkOf.get(cluster) === fact.network)
        .reduce((sum, one) => sum + one.weight, 0);
      const remote = fact.network !== asking.network;
      const pods = answering(fact, remote);
      const peers = facts.filter(({ network }) => network === fact.network);
      const all = peers.reduce((sum, peer) => sum + answering(peer, remote), 0);
      return weight > 0 && pods > 0 ? [[fact.cluster, (weight / total) * (pods / all)]] : [];
    }),
  );
}

const answering = ({ endpoints }: ClusterFacts, remote: boolean) =>
  endpoints.filter(({ mtls, ready }) => ready && (mtls || !remote)).length;
