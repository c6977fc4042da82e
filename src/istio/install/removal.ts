import { type KeptObject, type ObjectChange, removeAll } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Reporter } from '../../report/index.ts';
import { removeRemoteSecrets } from '../remotes/remote-secrets.ts';
import { cacertsRef } from '../trust/plugged-authority.ts';
import { isAutomatic } from './automatic-objects.ts';
import { removeAutomatic } from './automatic-removal.ts';
import { inventoryOf } from './inventories.ts';

/** What is wanted of Services first, samples before the webhook that they pass, the namespaces and CRDs last. */
const backwards = [
  'routes',
  'services',
  'samples',
  'gateways',
  'control-plane',
  'foundation',
  'trust',
] as const;

export interface RemoveOptions {
  readonly cluster: MeshCluster;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Change nothing and say what would go. */
  readonly dryRun?: boolean | undefined;
}

/** What a removal took out of a cluster, or would, and what it left there and why. */
export interface MeshRemoval {
  readonly removed: readonly ObjectChange[];
  readonly kept: readonly KeptObject[];
}

/**
 * Take everything that isthmus put into a cluster out of it again; gone is success. Istio's definitions
 * stay while objects of them that isthmus did not make exist, and so does a namespace with such objects.
 */
export async function removeMeshObjects(options: RemoveOptions): Promise<MeshRemoval> {
  const { cluster, reporter, signal, dryRun } = options;
  const removed: ObjectChange[] = [];
  const kept: KeptObject[] = [];
  if (!dryRun) await removeRemoteSecrets(cluster, signal);
  for (const stage of backwards) {
    if (stage === 'foundation' && !dryRun) await removeAuthority(options);
    const inventory = inventoryOf(cluster.spec, stage);
    const onKept = (one: KeptObject) => kept.push(one);
    const shared = { client: cluster.kube, inventory, reporter, signal, dryRun, isAutomatic, onKept };
    removed.push(...(await removeAll(shared)));
    if (stage === 'control-plane') removed.push(...(await removeAutomatic(options)));
  }
  return { removed, kept };
}

/** A certificate authority that someone else put in stays. */
async function removeAuthority({ cluster, signal }: RemoveOptions): Promise<void> {
  const ref = cacertsRef(cluster.spec);
  const secret = await cluster.kube.get(ref, { signal });
  const ours = secret?.metadata?.labels?.['app.kubernetes.io/managed-by'] === 'isthmus';
  if (ours) await cluster.kube.remove(ref, { signal });
}
