import { type ObjectChange, removeAll } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Reporter } from '../../report/index.ts';
import { removeRemoteSecrets } from '../remotes/remote-secrets.ts';
import { cacertsRef } from '../trust/plugged-authority.ts';
import { inventoryOf } from './inventories.ts';

/** Samples before the webhook that they pass, the namespaces and CRDs last. */
const backwards = ['samples', 'gateways', 'control-plane', 'foundation', 'trust'] as const;

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
    if (stage === 'foundation') await removeAuthority(options);
    changes.push(
      ...(await removeAll({ client: cluster.kube, inventory: inventoryOf(stage), reporter, signal })),
    );
  }
  return changes;
}

/** A certificate authority that someone else put in stays. */
async function removeAuthority({ cluster, signal }: RemoveOptions): Promise<void> {
  const secret = await cluster.kube.get(cacertsRef, { signal });
  const ours = secret?.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus';
  if (ours) await cluster.kube.remove(cacertsRef, { signal });
}
