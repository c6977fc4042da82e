import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { gatewayAddresses } from '../endpoints/endpoint-facts.ts';
import { peerShards } from '../endpoints/shards.ts';
import { networkGateways } from '../observe/network-gateways.ts';
import { runningIstiods } from '../observe/running-pods.ts';
import { waitForDrain } from './drain.ts';
import { forget } from './forget.ts';
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
 * Take a cluster out of the others' sight, so that it can be removed and nobody's request goes there: its secret in
 * every peer first, then a wait until no istiod and no proxy has an endpoint of it, and last until its gateway's
 * connections have drained. Gone is success. TIMED_OUT says who still has what.
 */
export async function unlinkCluster(options: UnlinkOptions): Promise<void> {
  const { name, leaving, peers, reporter, signal } = options;
  if (peers.length === 0) return;
  await span(reporter, { title: 'unlink', cluster: name }, async () => {
    const addresses = await ownAddresses(options);
    const names = peers.map(({ spec }) => spec.name);
    await allOf(
      peers.map((peer) =>
        forget({ peer, name, addresses, answers: leaving !== undefined, reporter, signal }),
      ),
      { names, things: 'clusters' },
    );
    if (leaving) await waitForDrain(leaving, { reporter, signal });
  });
}

/** Revoke the tokens of a cluster that leaves for all its peers. Gone is success. */
export async function revokeAccessOf({ name, peers, signal }: UnlinkOptions): Promise<void> {
  await allOf(
    peers.map((peer) => revokeRemoteAccess(peer, name, signal)),
    { names: peers.map(({ spec }) => spec.name), things: 'clusters' },
  );
}

/**
 * By which proxies elsewhere reach pods of the cluster, and no other's. Its gateways are asked of its peers
 * as well: one that the file does not have any more, or that is dead, cannot name them itself.
 */
async function ownAddresses({ name, leaving, peers, signal }: UnlinkOptions): Promise<Set<string>> {
  const own = leaving ? await addressesOf(leaving, signal) : [];
  const others: string[] = [];
  for (const peer of peers) {
    for (const pod of await runningIstiods(peer, { signal })) {
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
