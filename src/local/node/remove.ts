import { rm } from 'node:fs/promises';
import type { ProviderContext } from '../../provider/index.ts';
import { span } from '../../report/index.ts';
import { removeCgroups } from '../host/cgroups.ts';
import { withLock } from '../host/lock.ts';
import { meshLock, removeMeshNetwork } from '../host/mesh-network.ts';
import { meshSite, nodeSite } from '../host/paths.ts';
import { nodeLock, peerAll } from './ensure.ts';
import { endProcesses } from './first-process.ts';
import { removeNodeNetwork } from './node-network.ts';
import { clusterNames } from './node-record.ts';

/**
 * Take one node away with all that it has; the last one takes the mesh along. Needs nothing but the
 * names, so half-made nodes go as well. Gone is success.
 */
export async function removeNode(
  { topology, reporter, signal }: ProviderContext,
  cluster: string,
): Promise<void> {
  const mesh = meshSite(topology.name);
  const site = nodeSite(mesh, cluster);
  await span(reporter, { title: 'remove node', cluster }, () =>
    withLock(
      nodeLock(site),
      async () => {
        await endProcesses(site, signal);
        await removeCgroups(site.id, signal);
        await withLock(
          meshLock(mesh),
          async () => {
            await removeNodeNetwork(site, signal);
            await rm(site.dir, { recursive: true, force: true });
            if ((await clusterNames(mesh)).length > 0) await peerAll(mesh, signal);
            else await removeMeshNetwork(mesh, signal);
          },
          { signal },
        );
        await rm(nodeLock(site), { force: true });
      },
      { signal },
    ),
  );
}
