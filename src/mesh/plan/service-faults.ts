import { IsthmusError, type Location } from '../../errors/index.ts';
import { liveServiceFaults, type ServiceFault } from '../../istio/index.ts';
import { placeInFile } from '../../topology/index.ts';
import { reachCluster } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { absentClusters } from '../trust/live-trust.ts';

/** A fault with its place in the mesh file; undefined for a mesh without one. */
export type PlacedFault = ServiceFault & { readonly where: Location | undefined };

/** What the file newly wants of Services and the clusters, as they are now, cannot give. */
export async function serviceFaults(session: Session): Promise<PlacedFault[]> {
  const { topology, context } = session;
  if (topology.services.length === 0) return [];
  const absent = await absentClusters(session);
  const there = topology.clusters.filter(({ name }) => !absent.has(name));
  const reached = await Promise.all(there.map((spec) => reachCluster(session, spec)));
  const clusters = reached.flatMap(({ cluster }) => cluster ?? []);
  const unreachable = reached.flatMap(({ unseen }) => unseen?.cluster ?? []);
  const { signal } = context;
  const faults = await liveServiceFaults({ topology, clusters, unreachable, signal });
  return Promise.all(
    faults.map(async (fault) => ({ ...fault, where: await placeInFile(topology, fault.path) })),
  );
}

/** Throws MESH_FILE_INVALID with the place of each, before anything is written into any cluster. */
export async function refuseServiceFaults(session: Session): Promise<void> {
  const faults = await serviceFaults(session);
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
