import type { OutagePart, ProviderContext } from '../../provider/index.ts';
import { withLock } from '../host/lock.ts';
import { meshPaths, nodePaths } from '../host/paths.ts';
import { nodeLock } from './ensure.ts';
import { endProcesses } from './first-process.ts';
import { stopService } from './supervision.ts';

/**
 * Let a node fail without a word: its API server alone, or all that it runs, as if its power were cut. What is on
 * its disk stays; making the node what the file says ends the outage.
 */
export async function beginOutage(
  { topology, signal }: ProviderContext,
  cluster: string,
  part: OutagePart,
): Promise<void> {
  const paths = nodePaths(meshPaths(topology.name), cluster);
  const stop = () =>
    part === 'cluster' ? endProcesses(paths, signal) : stopService(paths, 'kube-apiserver', signal);
  await withLock(nodeLock(paths), stop, { signal });
}
