import { IsthmusError } from '../../errors/index.ts';
import { type ClusterSpec, cidrOf, type IpFamily, type LocalClusterSpec } from '../../topology/index.ts';
import { freeNodeBlock } from '../addresses/addressing.ts';
import { entriesOf, readJson, writeIfChanged } from '../host/files.ts';
import { isEmptyFolder, isOwnFolder, isOwnMeshFolder } from '../host/own-folder.ts';
import { type MeshPaths, type NodePaths, nodePaths } from '../host/paths.ts';

/** node.json: what later commands need of a cluster that the file may no longer have. */
export interface NodeRecord {
  readonly cluster: string;
  /** Index of the node's address block in the mesh's subnet. */
  readonly block: number;
  readonly network: string;
  readonly pods: string;
  readonly address: string;
  /** Families of its load balancers, joined by commas; records of older versions have none. */
  readonly balancers?: string;
  /** Whose images its mesh runs; records of older versions have none and mean `vanilla`. */
  readonly proxy?: ProxyKind;
}

export type ProxyKind = 'istio' | 'vanilla';

export const proxyOfRecord = ({ proxy }: Pick<NodeRecord, 'proxy'>): ProxyKind => proxy ?? 'vanilla';

export const balancersOf = ({ gatewayFamilies }: Pick<ClusterSpec, 'gatewayFamilies'>): string =>
  gatewayFamilies.join(', ');

/** The family that the cluster was made with. */
export const familyOf = ({ pods }: NodeRecord): IpFamily => cidrOf(pods).family;

export const readNodeRecord = (paths: NodePaths): Promise<NodeRecord | undefined> =>
  readJson<NodeRecord>(paths.record);

export const writeNodeRecord = (paths: NodePaths, record: NodeRecord): Promise<boolean> =>
  writeIfChanged(paths.record, `${JSON.stringify(record, null, 2)}\n`);

/** By this file a cluster's folder of earlier versions is known. */
export const recordFile = 'node.json';

/** Clusters that have a folder, however little is in it; sorted. What others put there is none. */
export async function clusterNames(mesh: MeshPaths): Promise<string[]> {
  if (!(await isOwnMeshFolder(mesh))) return [];
  const folders = (await entriesOf(mesh.dir)).filter((entry) => entry.isDirectory());
  const own = await Promise.all(
    folders.map(async ({ name }) => {
      const { dir } = nodePaths(mesh, name);
      return (await isOwnFolder(dir, recordFile)) || isEmptyFolder(dir);
    }),
  );
  return folders
    .filter((_, at) => own[at])
    .map(({ name }) => name)
    .sort();
}

/** Records of all clusters of the mesh that have one. */
export async function nodeRecords(mesh: MeshPaths): Promise<NodeRecord[]> {
  const names = await clusterNames(mesh);
  const records = await Promise.all(names.map((name) => readNodeRecord(nodePaths(mesh, name))));
  return records.filter((record) => record !== undefined);
}

/** The cluster's block index: the one it has, or the first free one. Call it under the mesh's lock. */
export async function claimBlock(mesh: MeshPaths, cluster: LocalClusterSpec): Promise<number> {
  const records = await nodeRecords(mesh);
  const own = records.find((record) => record.cluster === cluster.name);
  const block = own?.block ?? freeNodeBlock(records.map((record) => record.block));
  if (block !== undefined) return block;
  throw new IsthmusError('ADDRESS_IN_USE', `mesh ${mesh.mesh} has no room for cluster ${cluster.name}`, {
    hint: 'a local mesh holds 63 clusters; remove one first',
  });
}

/**
 * The proxy that a cluster has or is to have: what it was made with, what the file says, or what others of its
 * mesh have; undefined where nothing says.
 */
export async function proxyOf(
  mesh: MeshPaths,
  cluster: Pick<ClusterSpec, 'name'> & Pick<LocalClusterSpec, 'proxy'>,
): Promise<ProxyKind | undefined> {
  const records = await nodeRecords(mesh);
  const own = records.find((record) => record.cluster === cluster.name);
  if (own) return proxyOfRecord(own);
  const [other] = records;
  return cluster.proxy ?? (other && proxyOfRecord(other));
}
