import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where one mesh lives on this machine: its folder and the names of what it has in the kernel. The
 * folder is part of the hash, so that equal names under two run directories never meet.
 */
export interface MeshPaths {
  readonly mesh: string;
  readonly root: string;
  readonly dir: string;
  /** Six hexadecimal digits that every kernel name of this mesh contains. */
  readonly id: string;
  /** At most 15 characters, as the kernel wants. */
  readonly bridge: string;
  /** nftables table (family inet) on the host. */
  readonly table: string;
  readonly record: string;
}

export interface NodePaths {
  readonly mesh: MeshPaths;
  readonly cluster: string;
  readonly id: string;
  readonly dir: string;
  readonly record: string;
  readonly netns: string;
  readonly netnsPath: string;
  /** Host end of the node's uplink. */
  readonly veth: string;
  readonly adminKubeconfig: string;
}

const hash = (text: string, length: number) =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** Folder of all meshes: ISTHMUS_RUN_DIR or /var/lib/isthmus. */
export const runRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  env['ISTHMUS_RUN_DIR'] || '/var/lib/isthmus';

export function meshPaths(mesh: string, root: string = runRoot()): MeshPaths {
  const id = hash(`${root}\n${mesh}`, 6);
  const dir = join(root, mesh);
  return { mesh, root, dir, id, bridge: `im${id}`, table: `isthmus_${id}`, record: join(dir, 'mesh.json') };
}

export function nodePaths(mesh: MeshPaths, cluster: string): NodePaths {
  const id = `${mesh.id}-${hash(cluster, 5)}`;
  const dir = join(mesh.dir, cluster);
  return {
    mesh,
    cluster,
    id,
    dir,
    record: join(dir, 'node.json'),
    netns: `isthmus-${id}`,
    netnsPath: `/run/netns/isthmus-${id}`,
    veth: `im${id}`,
    adminKubeconfig: join(dir, 'admin.kubeconfig'),
  };
}
