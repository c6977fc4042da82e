import { isIPv6 } from 'node:net';
import {
  fullHost,
  type GatewayAddresses,
  type RunningPod,
  type TlsProbeResult,
  type TlsTarget,
  tlsProbes,
} from '../../istio/index.ts';
import type { Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';
import type { CheckContext } from '../engine/check-context.ts';
import { sampleService } from './sample-service.ts';

/** The part of a round's facts by which gateways are found. */
interface KnownGateways {
  answers(cluster: MeshCluster): Promise<boolean>;
  samplePods(cluster: MeshCluster, app: 'sleep'): Promise<readonly RunningPod[]>;
  sampleService(cluster: MeshCluster): Promise<Service | undefined>;
  gatewayAddresses(cluster: MeshCluster): Promise<GatewayAddresses>;
}

/** Results by {@link targetKey}. */
export type Handshakes = ReadonlyMap<string, TlsProbeResult>;

export const targetKey = (target: TlsTarget): string => `${hostPort(target)} ${target.serverName}`;

/**
 * As istiod names a service's port in the SNI between networks: with a number that the gateway's own cluster
 * has, so that another number there is not taken for a way that is closed.
 */
export function serverNameOf({ spec }: Service): string {
  const { port } = sampleService;
  const ports = spec?.ports?.map((one) => one.port) ?? [];
  const known = ports.includes(port) ? port : (ports[0] ?? port);
  return `outbound_.${known}_._.${fullHost(sampleService)}`;
}

/** What a pod of `from` begins a handshake with to reach the samples' server in a cluster of another network. */
export async function targetsIn(
  from: MeshCluster,
  to: MeshCluster,
  facts: KnownGateways,
): Promise<TlsTarget[]> {
  const service = await facts.sampleService(to);
  if (!service) return [];
  const [{ addresses }, { described }] = await Promise.all([
    facts.gatewayAddresses(to),
    facts.gatewayAddresses(from),
  ]);
  // As istiod: those of the cluster itself, else all of its network.
  const ofNetwork = described.filter(({ network }) => network === to.spec.network);
  const own = [...addresses, ...ofNetwork.filter(({ registry }) => registry === to.spec.name)];
  const ways = own.length > 0 ? own : ofNetwork;
  const serverName = serverNameOf(service);
  return ways
    .filter(({ address }) => isIPv6(address) === (from.spec.ipFamily === 'ipv6'))
    .map(({ address, port }) => ({ address, port, serverName }));
}

/** Up to so many gateways are probed one by one, which is quicker: a command for all takes two seconds. */
const fewTargets = 8;

/**
 * Probe every gateway of every other network once, by one command. Clusters that do not answer, or
 * refuse to tell of their gateways, are left out, and all where they are few: whoever looks at a pair probes
 * by itself.
 */
export async function probeGateways(
  from: MeshCluster,
  { clusters, facts, signal }: CheckContext & { readonly facts: KnownGateways },
): Promise<Handshakes> {
  const [pod] = (await facts.samplePods(from, 'sleep')).filter(({ ready }) => ready);
  if (!pod) return new Map();
  const others = clusters.filter(({ spec }) => spec.network !== from.spec.network);
  const found = await Promise.allSettled(
    others.map(async (to) => ((await facts.answers(to)) ? targetsIn(from, to, facts) : [])),
  );
  const targets = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (targets.length <= fewTargets) return new Map();
  const results = await tlsProbes({ cluster: from, pod, targets, signal });
  return new Map(targets.map((target, at) => [targetKey(target), results[at] as TlsProbeResult]));
}
