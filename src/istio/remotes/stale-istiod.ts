import { NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import { peerShards } from '../endpoints/shards.ts';
import { ISTIOD_DEPLOYMENT, restartIstiod } from '../install/istiod-restart.ts';
import { discoveryOf, remoteClusterStatus } from '../observe/istiod.ts';
import { type RunningPod, runningIstiods } from '../observe/running-pods.ts';

// istiod 1.31 cannot let go of a cluster whose token was refused when it first read it, if another token came later
// (pkg/kube/multicluster/cluster.go). The first try waits for the cluster's namespaces until the second one is in
// sync and ends it; only then it registers itself, after the one that reads, and at the end of the
// cluster it is the one that is taken away. What the other knows stays, without the gateways that it is reached by.

/** An istiod and the cluster that it reads. */
export interface Reading {
  readonly peer: MeshCluster;
  /** Name of the cluster that is read. */
  readonly name: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** An istiod that has endpoints of a cluster. */
export interface StaleIstiod {
  readonly pod: RunningPod;
  /** A service of which it has them. */
  readonly host: string;
}

/** Istiods that have endpoints of a cluster which they watch no more. */
export async function staleIstiods({ peer, name, signal }: Reading): Promise<StaleIstiod[]> {
  const found = await Promise.all(
    (await runningIstiods(peer, { signal })).map(async (pod) => {
      const [host] = Object.keys(await peerShards({ cluster: peer, pod: pod.name, peer: name }, { signal }));
      return host === undefined ? [] : [{ pod, host }];
    }),
  );
  return found.flat();
}

/**
 * Restart an istiod that could not let go of a cluster, while the cluster is still there and known to the one that
 * comes: so nobody's request fails. Resolves when every istiod is in sync with it.
 */
export async function restartClinging(reading: Reading): Promise<void> {
  const { peer, name, signal } = reading;
  const clinging = await clingingIstiods(reading);
  if (!clinging.some(isOurs)) return;
  tell(reading, `${clinging[0]?.name} was refused when it first read ${name}, and could not let go of it`);
  await restartIstiod(peer, signal);
  const former = new Set(clinging.filter(isOurs).map((pod) => pod.name));
  const what = `a new istiod of ${peer.spec.name} to read ${name}`;
  await waitUntil(
    { what, timeoutMs: 120_000, signal, hint: 'see isthmus check istiod remotes' },
    async () => {
      for (const pod of await runningIstiods(peer, { signal })) {
        if (former.has(pod.name)) throw new NotReady(`${pod.name} still runs`);
        if (!pod.ready) throw new NotReady(`${pod.name} is not ready`);
        const status = await remoteClusterStatus(peer, pod.name, { signal });
        const { syncStatus = 'unknown' } = status.find(({ id }) => id === name) ?? {};
        if (syncStatus !== 'synced') throw new NotReady(`${pod.name} says of ${name}: ${syncStatus}`);
      }
    },
  );
}

async function clingingIstiods(reading: Reading): Promise<RunningPod[]> {
  const { peer, name, signal } = reading;
  const found = await Promise.all(
    (await runningIstiods(peer, { signal })).map(async (pod) => {
      return isClinging(await peer.kube.logs(discoveryOf(peer, pod.name), { signal }), name) ? [pod] : [];
    }),
  );
  return found.flat();
}

/** Does an istiod's log, plain or JSON, tell that an update found no earlier reading of a cluster, and none came after? */
export function isClinging(log: string, cluster: string): boolean {
  const pattern = /registry for cluster (\S+) has been (added \(no previous|replaced)/;
  return (
    log
      .split('\n')
      .findLast((line) => pattern.exec(line)?.[1] === cluster)
      ?.includes('(no previous') ?? false
  );
}

/**
 * istiod takes a cluster's endpoints away before it stops naming the cluster (secretcontroller.go, deleteCluster), so
 * what it has left after that it keeps until it starts anew.
 */
export async function restartStale(reading: Reading): Promise<void> {
  const stale = (await staleIstiods(reading)).find(({ pod }) => isOurs(pod));
  if (!stale) return;
  const { pod, host } = stale;
  tell(
    reading,
    `${pod.name} watches ${reading.name} no more and would still send requests for ${host} there`,
  );
  await restartIstiod(reading.peer, reading.signal);
}

const tell = ({ peer, reporter }: Reading, why: string): void =>
  note(reporter, {
    level: 'warn',
    code: 'ISTIOD_RESTARTED',
    message: `${why}, so istiod is restarted`,
    cluster: peer.spec.name,
  });

/** A pod of the Deployment that isthmus installs; one of another revision is somebody else's to restart. */
const isOurs = ({ name }: RunningPod): boolean =>
  new RegExp(`^${ISTIOD_DEPLOYMENT}-[a-z0-9]+-[a-z0-9]{5}$`).test(name);
