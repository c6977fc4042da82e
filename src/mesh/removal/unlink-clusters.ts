import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { revokeAccessOf, unlinkCluster } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';

/**
 * Before clusters are removed and others stay: make those that stay forget them, one after the other, and take away
 * the tokens by which they read those that stay.
 * Throws what keeps a peer from forgetting, before anything is removed; with `force` that is a
 * warning, for peers or clusters that are dead.
 */
export async function unlinkClusters(
  session: Session,
  names: ReadonlySet<string>,
  { force }: { force: boolean },
): Promise<void> {
  const staying = session.topology.clusters.filter(({ name }) => !names.has(name));
  const peers = await reachable(session, staying, force);
  if (peers.length === 0) return;
  const { reporter, signal } = session.context;
  for (const name of names) {
    const spec = session.topology.clusters.find((one) => one.name === name);
    const leaving = spec && (await ifAnswers(session, spec));
    const options = { name, leaving, peers, reporter, signal };
    await attempt(session, { name, force }, () => unlinkCluster(options));
    await attempt(session, { name, force }, () => revokeAccessOf(options));
  }
}

async function reachable(
  session: Session,
  specs: readonly ClusterSpec[],
  force: boolean,
): Promise<MeshCluster[]> {
  const found: MeshCluster[] = [];
  for (const spec of specs) {
    const provider = await session.provider(spec.provider);
    if ((await provider.observe(session.context, spec)).state === 'absent') continue;
    await attempt(session, { name: spec.name, force }, async () => {
      const cluster = await session.cluster(spec);
      await cluster.kube.version({ signal: session.context.signal });
      found.push(cluster);
    });
  }
  return found;
}

async function ifAnswers(session: Session, spec: ClusterSpec): Promise<MeshCluster | undefined> {
  try {
    const cluster = await session.cluster(spec);
    await cluster.kube.version({ signal: session.context.signal, timeoutMs: 10_000 });
    return cluster;
  } catch (error) {
    // A dead cluster is removed as well; it is its peers that must forget it.
    if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE') return undefined;
    throw error;
  }
}

async function attempt(
  session: Session,
  { name, force }: { name: string; force: boolean },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!force || !isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    note(session.context.reporter, {
      level: 'warn',
      code: 'CLUSTER_NOT_UNLINKED',
      message: messageOf(error),
      cluster: name,
    });
  }
}
