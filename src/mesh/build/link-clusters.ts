import pLimit from 'p-limit';
import { ensureGateways, ensureRemoteSecrets, ensureSamples, ensureServices } from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { forEachCluster, type Session } from '../session/session.ts';
import { withKnownPeers } from '../session/source-ranges.ts';

/** Clusters to link, and those to link them with. */
export interface Linking {
  readonly clusters: readonly MeshCluster[];
  /** Clusters of the mesh that stay as they are but for their links with those. */
  readonly others: readonly MeshCluster[];
  /** Names of clusters of the mesh that failed, or cannot be reached. */
  readonly unreachable: readonly string[];
}

/**
 * Gateways and samples need only their own istiod; remote secrets need every API server; what is wanted
 * of services needs gateways that know them.
 */
export async function linkClusters(session: Session, linking: Linking): Promise<ObjectChange[]> {
  const { clusters } = linking;
  const { topology, signal, reporter } = session.context;
  const turns = turnsOf(clusters);
  const workloads = forEachCluster(
    clusters.map((cluster) => ({ name: cluster.spec.name, cluster })),
    ({ cluster }) => turns(cluster, () => deployWorkloads(session, cluster)),
  );
  const secrets = exchangeSecrets(session, linking);
  const [deployed, exchanged] = await allOf([workloads, secrets], { things: 'parts' });
  const services = await ensureServices({ topology, ...linking, reporter, signal });
  return [...deployed.flat(), ...exchanged, ...services];
}

/** Lets clusters take turns with those of the same provider, as many at a time as it says. */
function turnsOf(clusters: readonly MeshCluster[]) {
  const limits = new Map(
    clusters.map(({ spec, capabilities: { clustersAtOnce = Number.POSITIVE_INFINITY } }) => [
      spec.provider,
      pLimit(clustersAtOnce),
    ]),
  );
  return <T>({ spec }: MeshCluster, work: () => Promise<T>): Promise<T> =>
    limits.get(spec.provider)?.(work) ?? work();
}

function exchangeSecrets(session: Session, { clusters, others }: Linking): Promise<ObjectChange[]> {
  const { topology, signal, reporter } = session.context;
  return span(reporter, { title: 'remote secrets' }, async (handle) => {
    const context = session.contextFor(handle);
    await allOf(
      clusters.map(async ({ spec }) => (await session.provider(spec.provider)).admitPeers?.(context, spec)),
    );
    const changes = await ensureRemoteSecrets({ topology, clusters, others, reporter: handle, signal });
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}

async function deployWorkloads(session: Session, cluster: MeshCluster): Promise<ObjectChange[]> {
  const { topology, signal, reporter } = session.context;
  return span(reporter, { title: 'gateways and samples', cluster: cluster.spec.name }, async (handle) => {
    const known = { ...cluster, spec: await withKnownPeers(session, cluster.spec) };
    const common = { topology, cluster: known, reporter: handle as Reporter, signal };
    const [gateways, samples] = await allOf([ensureGateways(common), ensureSamples(common)]);
    const changes = [...gateways, ...samples];
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}
