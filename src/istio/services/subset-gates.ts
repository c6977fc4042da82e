import type { Service } from '../../kubernetes/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { contextOf, type Topology } from '../../topology/index.ts';
import { EAST_WEST_LABEL, INGRESS_NAMESPACE } from '../names.ts';
import { isReadyProxy } from '../observe/pod-proxy.ts';
import { proxyClusterNames, proxyRouting, proxyServerNames } from '../observe/proxy-config.ts';
import { type RunningPod, runningPods } from '../observe/running-pods.ts';
import { coversAny, sharedHosts } from './shared-hosts.ts';

/** One subset of a host, as proxies name it. */
export interface SubsetHost {
  readonly host: string;
  readonly subset: string;
}

export interface GateOptions {
  readonly clusters: readonly MeshCluster[];
  readonly subsets: readonly SubsetHost[];
  readonly signal: AbortSignal;
}

interface KnownOptions extends GateOptions {
  readonly topology: Topology;
}

const GATE_TIMEOUT_MS = 90_000;
/** Each is a command in a pod; gateways first, as most requests come through them. */
const SAMPLED_PROXIES = 10;

/**
 * Wait until every gateway between networks knows the SNI of every subset that it lets through, and
 * proxies that know a host know its subsets. Hosts that no cluster has a Service of have no port to be
 * asked for.
 */
export async function waitUntilKnown({ clusters, subsets, topology, signal }: KnownOptions): Promise<void> {
  if (subsets.length === 0) return;
  const ports = await portsOf(clusters, subsets, signal);
  const shared = (host: string) => coversAny(sharedHosts(topology), host);
  await allOf(
    clusters.map((cluster) =>
      gate({ cluster, signal, what: 'know the subsets of services' }, async (pods) => {
        for (const pod of pods) await requireKnown(cluster, pod, { subsets, ports, shared, signal });
      }),
    ),
    { names: clusters.map(({ spec }) => spec.name), things: 'clusters' },
  );
}

/** Wait until proxies send nothing to these subsets any more, so that they may be taken away. */
export async function waitUntilForgotten({ clusters, subsets, signal }: GateOptions): Promise<void> {
  if (subsets.length === 0) return;
  await allOf(
    clusters.map((cluster) =>
      gate({ cluster, signal, what: 'route nothing to former subsets' }, async (pods) => {
        for (const pod of pods.filter((one) => !isEastWest(one))) {
          const routing = await proxyRouting(cluster, pod, { signal });
          const left = subsets.find(({ host, subset }) => routing.includes(`|${subset}|${host}`));
          if (left) throw new NotReady(`${pod.name} still routes to ${left.subset} of ${left.host}`);
        }
      }),
    ),
    { names: clusters.map(({ spec }) => spec.name), things: 'clusters' },
  );
}

/** What the proxies of one cluster are waited for to do. */
interface Gate {
  readonly cluster: MeshCluster;
  /** Goes on after `proxies of NAME to`. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/** Wait until `required` throws NotReady no more. */
function gate(
  { cluster, what, signal }: Gate,
  required: (pods: readonly RunningPod[]) => Promise<void>,
): Promise<void> {
  const hint = `look at istioctl --context ${contextOf(cluster.spec)} proxy-status; isthmus up goes on from here`;
  const waiting = { what: `proxies of ${cluster.spec.name} to ${what}`, hint, signal };
  return waitUntil({ ...waiting, timeoutMs: GATE_TIMEOUT_MS }, async () =>
    required(await sampledProxies(cluster, signal)),
  );
}

async function sampledProxies(cluster: MeshCluster, signal: AbortSignal): Promise<RunningPod[]> {
  const pods = await runningPods(cluster, { signal });
  return pods
    .filter(isReadyProxy)
    .sort((a, b) => Number(isGateway(b)) - Number(isGateway(a)))
    .slice(0, SAMPLED_PROXIES);
}

const isGateway = ({ namespace }: RunningPod): boolean => namespace === INGRESS_NAMESPACE;
const isEastWest = ({ labels }: RunningPod): boolean => labels['istio'] === EAST_WEST_LABEL;

type Ports = ReadonlyMap<string, readonly number[]>;

interface Wanted {
  readonly subsets: readonly SubsetHost[];
  readonly ports: Ports;
  readonly shared: (host: string) => boolean;
  readonly signal: AbortSignal;
}

async function requireKnown(
  cluster: MeshCluster,
  pod: RunningPod,
  { subsets, ports, shared, signal }: Wanted,
): Promise<void> {
  const eastWest = isEastWest(pod);
  const known = await (eastWest ? proxyServerNames : proxyClusterNames)(cluster, pod, { signal });
  const nameOf = (port: number, { host, subset }: SubsetHost) =>
    eastWest ? `outbound_.${port}_.${subset}_.${host}` : `outbound|${port}|${subset}|${host}`;
  for (const one of subsets) {
    // A Sidecar resource may keep a host from a proxy altogether.
    const concerned = (port: number) =>
      eastWest ? shared(one.host) : known.has(nameOf(port, { host: one.host, subset: '' }));
    const missing = (ports.get(one.host) ?? []).find(
      (port) => concerned(port) && !known.has(nameOf(port, one)),
    );
    if (missing) throw new NotReady(`${pod.name} does not know ${nameOf(missing, one)} yet`);
  }
}

async function portsOf(
  clusters: readonly MeshCluster[],
  subsets: readonly SubsetHost[],
  signal: AbortSignal,
): Promise<Ports> {
  const hosts = [...new Set(subsets.map(({ host }) => host))];
  return new Map(
    await Promise.all(
      hosts.map(async (host): Promise<[string, number[]]> => {
        const [name = '', namespace = ''] = host.split('.');
        const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
        const found = await Promise.all(clusters.map(({ kube }) => kube.get<Service>(ref, { signal })));
        return [host, portNumbers(found)];
      }),
    ),
  );
}

function portNumbers(services: readonly (Service | undefined)[]): number[] {
  const ports = services.flatMap((service) => service?.spec?.ports ?? []);
  const tcp = ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  return [...new Set(tcp.map(({ port }) => port))];
}
