import type { ClusterFacts, ExpectedEndpoint, ProxyEndpoint } from '../../../istio/index.ts';
import { hostPort } from '../../../topology/index.ts';

/** One difference between what a proxy has and what the clusters say it should have. */
export interface EndpointDifference {
  readonly kind: 'missing' | 'extra' | 'wrong gateway' | 'wrong network' | 'wrong weight' | 'wrong health';
  /** Cluster that the endpoint is in, when one is known to have it. */
  readonly cluster: string | undefined;
  readonly message: string;
}

type Held = Pick<ProxyEndpoint, 'address' | 'port' | 'weight' | 'healthy' | 'flags'>;

export interface DiffInput {
  readonly expected: readonly ExpectedEndpoint[];
  /** The proxy's endpoints of this service. */
  readonly held: readonly Held[];
  /** What every cluster has, to name what should not be there. */
  readonly facts: readonly ClusterFacts[];
}

/**
 * Compare a proxy's endpoints of one service with the truth. Weights are compared as proportions:
 * only how they divide the requests matters.
 */
export function diffEndpoints(input: DiffInput): EndpointDifference[] {
  const { expected, held, facts } = input;
  const heldBy = new Map(held.map((one) => [hostPort(one), one]));
  const wanted = new Set(expected.map(hostPort));
  const missing = expected.filter((one) => !heldBy.has(hostPort(one))).map(missingDifference);
  const extra = held.filter((one) => !wanted.has(hostPort(one))).map((one) => extraDifference(one, facts));
  const health = expected.flatMap((one) => healthDifference(one, heldBy.get(hostPort(one))));
  const weights = missing.length + extra.length === 0 ? weightDifferences(expected, heldBy) : [];
  return [...missing, ...extra, ...weights, ...health];
}

const whatOf = ({ via, pod, cluster }: ExpectedEndpoint): string =>
  via === 'pod' ? `pod ${pod ?? '?'} of ${cluster}` : `the gateway of ${cluster}`;

const missingDifference = (one: ExpectedEndpoint): EndpointDifference => ({
  kind: 'missing',
  cluster: one.cluster,
  message: `misses ${hostPort(one)}, ${whatOf(one)}`,
});

/** Whose address is it? A gateway's, a pod's of a network that needs one, or nobody's any more. */
function extraDifference(one: Held, facts: readonly ClusterFacts[]): EndpointDifference {
  const key = hostPort(one);
  const gateway = facts.find(({ gateways }) => gateways.some((other) => hostPort(other) === key));
  if (gateway)
    return {
      kind: 'wrong gateway',
      cluster: gateway.cluster,
      message: `goes to ${key}, the gateway of ${gateway.cluster}, which should get none of its requests`,
    };
  const owner = facts.find(({ endpoints }) => endpoints.some((other) => hostPort(other) === key));
  if (owner)
    return {
      kind: 'wrong network',
      cluster: owner.cluster,
      message: `goes straight to ${key}, a pod of ${owner.cluster} in network ${owner.network}, instead of through its gateway`,
    };
  return { kind: 'extra', cluster: undefined, message: `goes to ${key}, which no cluster has` };
}

/** A pod that is not ready must be held for unhealthy, every other endpoint for healthy. */
function healthDifference(one: ExpectedEndpoint, held: Held | undefined): EndpointDifference[] {
  if (!held || held.healthy === one.healthy) return [];
  const message = one.healthy
    ? `holds ${hostPort(one)}, ${whatOf(one)}, for unhealthy: ${held.flags.join(', ')}`
    : `holds ${hostPort(one)}, ${whatOf(one)}, for healthy although it is not ready`;
  return [{ kind: 'wrong health', cluster: one.cluster, message }];
}

function weightDifferences(
  expected: readonly ExpectedEndpoint[],
  heldBy: ReadonlyMap<string, Held>,
): EndpointDifference[] {
  const wantedTotal = expected.reduce((sum, { weight }) => sum + weight, 0);
  const heldTotal = expected.reduce((sum, one) => sum + (heldBy.get(hostPort(one))?.weight ?? 0), 0);
  return expected.flatMap((one): EndpointDifference[] => {
    const wanted = one.weight / wantedTotal;
    const has = (heldBy.get(hostPort(one))?.weight ?? 0) / heldTotal;
    if (Math.abs(wanted - has) < 0.005) return [];
    const message = `gives ${hostPort(one)}, ${whatOf(one)}, ${percent(has)} of the weight instead of ${percent(wanted)}`;
    return [{ kind: 'wrong weight', cluster: one.cluster, message }];
  });
}

export const percent = (share: number): string => `${(share * 100).toFixed(share * 100 < 10 ? 1 : 0)} %`;
