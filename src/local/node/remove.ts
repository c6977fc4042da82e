import { rm } from 'node:fs/promises';
import type { ProviderContext } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import { removeCgroups } from '../host/cgroups.ts';
import { withLock } from '../host/lock.ts';
import { leaveRunDirectory, meshLock, removeMeshNetwork } from '../host/mesh-network.ts';
import { removeOwnFolder } from '../host/own-folder.ts';
import { type MeshPaths, meshPaths, nodePaths } from '../host/paths.ts';
import { nodeLock, peerAll } from './ensure.ts';
import { endProcesses } from './first-process.ts';
import { removeNodeNetwork } from './node-network.ts';
import { clusterNames, recordFile } from './node-record.ts';

/**
 * Take one node away with all that it has; the last one takes the mesh along. Needs nothing but the
 * names, so half-made nodes go as well. Gone is success.
 */
export async function removeNode(
  { topology, reporter, signal }: ProviderContext,
  cluster: string,
): Promise<void> {
  const mesh = meshPaths(topology.name);
  const paths = nodePaths(mesh, cluster);
  await span(reporter, { title: 'remove node', cluster }, async (handle) => {
    await withLock(
      nodeLock(paths),
      async () => {
        await endProcesses(paths, signal);
        await removeCgroups(paths.id, signal);
        await withLock(
          meshLock(mesh),
          async () => {
            await removeNodeNetwork(paths, signal);
            await removeOwnFolder(paths.dir, recordFile);
            if ((await clusterNames(mesh)).length > 0) await peerAll(mesh, signal);
            else noteLeft(handle, mesh, await removeMeshNetwork(mesh, signal));
          },
          { signal },
        );
        await rm(nodeLock(paths), { force: true });
      },
      { signal },
    );
    await leaveRunDirectory(mesh);
  });
}

function noteLeft(reporter: Reporter, { dir }: MeshPaths, names: readonly string[]): void {
  if (names.length === 0) return;
  const message = `${dir} stays, as it has what isthmus did not make: ${names.join(', ')}`;
  note(reporter, { level: 'warn', code: 'FOLDER_NOT_OURS', message });
}
