import { type ObjectChange, removeAll } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { Reporter } from '../report/index.ts';
import type { Stage } from './objects.ts';
import { removeRemoteSecrets } from './remote-secrets.ts';
import { inventoryOf } from './stages.ts';
import { cacertsRef } from './trust.ts';

/** Samples before the webhook that they pass, the namespaces and CRDs last. */
const backwards: readonly Stage[] = ['samples', 'gateways', 'control-plane', 'foundation'];

export interface RemoveOptions {
  readonly cluster: MeshCluster;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Take everything that isthmus put into a cluster out of it again; gone is success. */
export async function removeMeshObjects(options: RemoveOptions): Promise<ObjectChange[]> {
  const { cluster, reporter, signal } = options;
  const changes: ObjectChange[] = [];
  await removeRemoteSecrets(cluster, signal);
  for (const stage of backwards) {
    if (stage === 'foundation') await cluster.kube.remove(cacertsRef, { signal });
    changes.push(
      ...(await removeAll({ client: cluster.kube, inventory: inventoryOf(stage), reporter, signal })),
    );
  }
  return changes;
}
