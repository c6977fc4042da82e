import { IsthmusError, type Location } from '../../errors/index.ts';
import { liveServiceFaults, type ServiceFault } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { placeInFile } from '../../topology/index.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { absentClusters } from '../trust/live-trust.ts';

/** A fault with its place in the mesh file; undefined for a mesh without one. */
export type PlacedFault = ServiceFault & { readonly where: Location | undefined };

/** Clusters that answer, and names of those of which nobody can tell; any other does not exist. */
export interface LookedAt {
  readonly clusters: readonly MeshCluster[];
  readonly unreachable: readonly string[];
}

/** What the file newly wants of Services and the clusters, as they are now, cannot give. */
export async function serviceFaults(session: Session, looked: LookedAt): Promise<PlacedFault[]> {
  const { topology, context } = session;
  const faults = await liveServiceFaults({ ...looked, topology, signal: context.signal });
  return Promise.all(
    faults.map(async (fault) => ({ ...fault, where: await placeInFile(topology, fault.path) })),
  );
}

async function lookAtAll(session: Session): Promise<LookedAt> {
  const absent = await absentClusters(session);
  const there = session.topology.clusters.filter(({ name }) => !absent.has(name));
  const reached = await Promise.all(there.map((spec) => reachCluster(session, spec)));
  return {
    clusters: reached.flatMap(({ cluster }) => cluster ?? []),
    unreachable: reached.flatMap(({ unseen }) => unseen?.cluster ?? []),
  };
}

/** Throws MESH_FILE_INVALID with the place of each, before anything is written into any cluster. */
export async function refuseServiceFaults(session: Session): Promise<void> {
  if (session.topology.services.length === 0) return;
  const faults = await serviceFaults(session, await lookAtAll(session));
  const [first] = faults;
  if (!first) return;
  const file = session.topology.file ?? 'the mesh';
  const count = faults.length === 1 ? '1 thing' : `${faults.length} things`;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `${file} wants ${count} of services that clusters cannot give`,
    {
      where: first.where,
      hint: first.hint,
      problems: faults.map(({ message, hint, where }) => ({ message, hint, ...(where ? { where } : {}) })),
    },
  );
}
