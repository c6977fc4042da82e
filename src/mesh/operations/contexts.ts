import {
  innerName,
  type MergeResult,
  mergeKubeconfig,
  removeFromKubeconfig,
} from '../../kubernetes/index.ts';
import type { ExecPlugin } from '../../provider/index.ts';
import type { UnseenCluster } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { unseenOf } from '../session/reach-cluster.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';

/** What {@link writeContexts} takes. */
export interface ContextsOptions extends Operation {
  /** Kubeconfig to write; the first of $KUBECONFIG or ~/.kube/config when undefined. */
  readonly path?: string | undefined;
  /** Replace contexts of the same name that isthmus did not write. */
  readonly force?: boolean;
  /** What kubectl runs for tokens of clusters that need them; `isthmus` on the PATH when undefined. */
  readonly plugin?: ExecPlugin | undefined;
}

/** What {@link writeContexts} did, by names of contexts, which are those of the clusters. */
export interface ContextsResult extends MergeResult {
  /** Clusters to which no way is known, so that they have no context, or still the one of before. */
  readonly unseen: readonly UnseenCluster[];
}

/**
 * Write one context per cluster, named as in the file, into a kubeconfig; everything else in it
 * stays as it is. Clusters of provider `existing` have their contexts already and are left alone.
 * A cluster that cannot be asked for its connection keeps none of the others from being written. Throws
 * KUBECONFIG_INVALID, also for a context of that name that leads elsewhere, LOCK_HELD, and FILE_DENIED and its like.
 */
export async function writeContexts(options: ContextsOptions): Promise<ContextsResult> {
  const session = new Session(options);
  const specs = options.topology.clusters.filter(({ provider }) => provider !== 'existing');
  const asked = await forEachCluster(specs, async (spec) => {
    try {
      const provider = await session.provider(spec.provider);
      return { connection: await provider.connection(session.context, spec, options.plugin) };
    } catch (error) {
      return { unseen: unseenOf(spec.name, error) };
    }
  });
  const connections = asked.flatMap(({ connection }) => connection ?? []);
  const { path, force = false, topology, signal } = options;
  const merged = await mergeKubeconfig({ path, mesh: topology.name, connections, force, signal });
  return { ...merged, unseen: asked.flatMap(({ unseen }) => unseen ?? []) };
}

/**
 * Take the contexts of removed clusters out again, only those that isthmus wrote. An existing
 * cluster is still there and keeps its context, also where isthmus wrote it for another file. Throws
 * KUBECONFIG_INVALID, LOCK_HELD, and FILE_DENIED and its like.
 */
export async function removeContexts(topology: Topology, names: readonly string[]): Promise<void> {
  const gone = withOwnContexts(topology, names);
  if (gone.length > 0) await removeFromKubeconfig({ mesh: topology.name, names: gone });
}

function withOwnContexts({ clusters }: Topology, names: readonly string[]): string[] {
  const stay = clusters.filter(({ provider }) => provider === 'existing').map(({ name }) => name);
  return names.filter((name) => !stay.includes(name));
}

/**
 * Commands that do what {@link removeContexts} could not, once kubeconfigs can be written. `down` does it for clusters
 * of the file; of others nobody knows any more after they are gone.
 * @param asked clusters that `down` was given; none for the whole mesh
 */
export function contextCommands(
  topology: Topology,
  names: readonly string[],
  asked: readonly string[],
): string[] {
  const own = withOwnContexts(topology, names);
  const isInFile = (name: string) => topology.clusters.some((cluster) => cluster.name === name);
  const again = own.filter(isInFile);
  const down = ['isthmus down', ...(asked.length > 0 ? again : [])].join(' ');
  const forgotten = own.filter((name) => !isInFile(name));
  return [...(again.length > 0 ? [down] : []), ...forgotten.flatMap((name) => byHand(topology.name, name))];
}

function byHand(mesh: string, name: string): string[] {
  const inner = innerName(mesh, name);
  return [`context ${name}`, `cluster ${inner}`, `user ${inner}`].map(
    (one) => `kubectl config delete-${one}`,
  );
}
