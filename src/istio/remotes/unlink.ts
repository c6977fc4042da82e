import { containersOf, type Pod } from '../../kubernetes/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { gatewayAddresses } from '../endpoints/endpoint-facts.ts';
import { INGRESS_NAMESPACE, SYSTEM_NAMESPACE } from '../names.ts';
import { remoteClusterStatus } from '../observe/istiod.ts';
import { networkGateways } from '../observe/network-gateways.ts';
import { proxyAdmin, proxyClusters } from '../observe/proxy.ts';
import { runningPods } from '../observe/running-pods.ts';
import { peerShards } from '../observe/shards.ts';
import { MULTI_CLUSTER, remoteSecretRef } from './remote-secret.ts';
import { revokeRemoteAccess } from './remote-secrets.ts';

export interface UnlinkOptions {
  /** Name of the cluster that the others forget. */
  readonly name: string;
  /** The cluster itself, as far as it answers. */
  readonly leaving: MeshCluster | undefined;
  /** Those that stay. */
  readonly peers: readonly MeshCluster[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Take a cluster out of the others' sight, so that it can be removed and nobody's request goes there:
 * its secret in every peer first, then a wait until no istiod pod and no sampled proxy has an
 * endpoint of it and its gateway's connections have drained, and last its own tokens for the peers.
 * Gone is success. TIMED_OUT says who still has what.
 */
export async function unlinkCluster(options: UnlinkOptions): Promise<void> {
  const { name, peers, reporter, signal } = options;
  if (peers.length === 0) return;
  await span(reporter, { title: 'unlink', cluster: name }, async () => {
    const addresses = await ownAddresses(options);
    const names = peers.map(({ spec }) => spec.name);
    await allOf(
      peers.map((peer) => forget(peer, { ...options, addresses })),
      { names, things: 'clusters' },
    );
    await waitForDrain(options);
    await allOf(
      peers.map((peer) => revokeRemoteAccess(peer, name, signal)),
      { names, things: 'clusters' },
    );
  });
}

/**
 * By which proxies elsewhere reach pods of the cluster, and no other's. Its gateways are asked of its peers
 * as well: one that the file does not have any more, or that is dead, cannot name them itself.
 */
async function ownAddresses({ name, leaving, peers, signal }: UnlinkOptions): Promise<Set<string>> {
  const own = leaving ? await addressesOf(leaving, signal) : [];
  const others: string[] = [];
  for (const peer of peers) {
    for (const pod of await istiodsOf(peer, signal)) {
      const shards = await peerShards({ cluster: peer, pod: pod.name, peer: name }, { signal });
      own.push(...Object.values(shards).flat());
      for (const { cluster, address } of await networkGateways(peer, pod.name, { signal }))
        (cluster === name ? own : others).push(address);
    }
    others.push(...(await addressesOf(peer, signal)));
  }
  return new Set(own.filter((address) => !others.includes(address)));
}

async function addressesOf(cluster: MeshCluster, signal: AbortSignal): Promise<string[]> {
  const { addresses } = await gatewayAddresses(cluster, signal);
  return addresses.map(({ address }) => address);
}

const istiodsOf = (cluster: MeshCluster, signal: AbortSignal) =>
  runningPods(cluster, { namespace: SYSTEM_NAMESPACE, labelSelector: 'app=istiod', signal });

type Forgetting = UnlinkOptions & { readonly addresses: ReadonlySet<string> };

async function forget(peer: MeshCluster, { name, addresses, signal }: Forgetting): Promise<void> {
  const secrets = await peer.kube.list('v1', 'Secret', {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: MULTI_CLUSTER,
    signal,
  });
  const own = secrets.some(({ metadata }) => metadata?.name === remoteSecretRef(name).name);
  if (own) await peer.kube.remove(remoteSecretRef(name), { signal });
  const what = `${peer.spec.name} to forget ${name}`;
  const hint = 'see what the peer still has; isthmus down --force does not wait for it';
  await waitUntil({ what, timeoutMs: 60_000, signal, hint }, async () => {
    for (const pod of await istiodsOf(peer, signal)) await requireForgotten(peer, pod.name, { name, signal });
    await requireNoEndpoint(peer, addresses, signal);
  });
}

async function requireForgotten(
  peer: MeshCluster,
  pod: string,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<void> {
  const statuses = await remoteClusterStatus(peer, pod, { signal });
  const watched = statuses.find(({ id }) => id === name);
  if (watched) throw new NotReady(`${pod} still watches it by ${watched.secretName}`);
  const hosts = Object.keys(await peerShards({ cluster: peer, pod, peer: name }, { signal }));
  if (hosts.length > 0) throw new NotReady(`${pod} still has its endpoints of ${hosts[0]}`);
}

const SAMPLED_PROXIES = 10;

/** Gateways first, as most requests come through them. */
async function requireNoEndpoint(
  peer: MeshCluster,
  addresses: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const pods = await peer.kube.list<Pod>('v1', 'Pod', { fieldSelector: 'status.phase=Running', signal });
  const proxies = pods
    .filter((pod) => containersOf(pod).some((container) => container.name === 'istio-proxy'))
    .map(({ metadata }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }))
    .sort((a, b) => Number(b.namespace === INGRESS_NAMESPACE) - Number(a.namespace === INGRESS_NAMESPACE));
  for (const proxy of proxies.slice(0, SAMPLED_PROXIES)) {
    const endpoints = await proxyClusters(peer, proxy, { signal });
    const left = endpoints.find(({ address }) => addresses.has(address));
    if (left) throw new NotReady(`${proxy.name} still has ${left.address} in ${left.cluster}`);
  }
}

/** Requests on their way end by themselves; connections that nobody ends are not waited for without end. */
async function waitForDrain({ name, leaving, reporter, signal }: UnlinkOptions): Promise<void> {
  if (!leaving) return;
  const gateways = await runningPods(leaving, {
    namespace: INGRESS_NAMESPACE,
    labelSelector: 'istio=eastwestgateway',
    signal,
  });
  if (gateways.length === 0) return;
  await span(reporter, { title: 'connections drain', cluster: name }, async () => {
    await waitUntil(
      {
        what: `connections from other networks to ${name} to end`,
        timeoutMs: 60_000,
        signal,
        hint: 'end what holds them; isthmus down --force does not wait for it',
      },
      async () => {
        for (const gateway of gateways) {
          const active = await activeConnections(leaving, gateway, signal);
          if (active > 0) throw new NotReady(`${gateway.name} still has ${active}`);
        }
      },
    );
  });
}

interface StatsAnswer {
  readonly stats?: readonly { readonly name?: string; readonly value?: number }[];
}

async function activeConnections(
  cluster: MeshCluster,
  gateway: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<number> {
  const path = 'stats?format=json&filter=^listener\\..*_15443\\.downstream_cx_active$';
  const { stats = [] } = (await proxyAdmin(cluster, gateway, { path, signal })) as StatsAnswer;
  return stats.reduce((sum, { value = 0 }) => sum + value, 0);
}
