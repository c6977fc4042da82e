import type { MeshCluster } from '../../provider/index.ts';
import { type ClusterSpec, istioNamespaceOf, type Topology } from '../../topology/index.ts';
import { reachCluster, unseenOf } from '../session/reach-cluster.ts';
import type { Session } from '../session/session.ts';
import { absentClusters } from '../trust/live-trust.ts';

/** What every cluster has since its first `up`, and by which its peers read it. */
const readerOf = (spec: ClusterSpec) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  namespace: istioNamespaceOf(spec),
  name: 'istio-reader-service-account',
});

/** Those that answer and have been brought into the mesh, so that others can be linked with them. */
export async function membersAmong(session: Session, specs: readonly ClusterSpec[]): Promise<MeshCluster[]> {
  const members = await Promise.all(specs.map((spec) => memberOf(session, spec)));
  return members.flatMap((one) => one ?? []);
}

/** Names of the file's clusters that are in the mesh, and of those of which nobody can tell. */
export async function membersByName(session: Session): Promise<ReadonlySet<string>> {
  const absent = await absentClusters(session);
  const there = session.topology.clusters.filter(({ name }) => !absent.has(name));
  const reached = await Promise.all(there.map((spec) => reachCluster(session, spec)));
  const unseen = reached.flatMap((one) => one.unseen?.cluster ?? []);
  const members = await membersAmong(session, there);
  return new Set([...unseen, ...members.map(({ spec }) => spec.name)]);
}

/** Names of the mesh's clusters besides these, and of those of which nobody can tell: what they do cannot be seen. */
export async function unseenBesides(session: Session, seen: readonly MeshCluster[]): Promise<string[]> {
  const names = new Set(seen.map(({ spec }) => spec.name));
  if (session.topology.clusters.every(({ name }) => names.has(name))) return [];
  return [...(await membersByName(session))].filter((name) => !names.has(name));
}

/** The mesh with these clusters alone. */
export const topologyOf = (topology: Topology, names: ReadonlySet<string>): Topology => ({
  ...topology,
  clusters: topology.clusters.filter(({ name }) => names.has(name)),
});

async function memberOf(session: Session, spec: ClusterSpec): Promise<MeshCluster | undefined> {
  const { cluster } = await reachCluster(session, spec);
  if (!cluster) return undefined;
  try {
    const found = await cluster.kube.get(readerOf(spec), { signal: session.context.signal });
    return found && cluster;
  } catch (error) {
    unseenOf(spec.name, error);
    return undefined;
  }
}
