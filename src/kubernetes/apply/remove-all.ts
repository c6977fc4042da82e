import { type Reporter, span } from '../../report/index.ts';
import type { KubeClient, ObjectChange } from '../types.ts';
import { type InventoryName, readInventory, removeInventory } from './inventory.ts';
import { type PruneOptions, prune } from './prune.ts';

export interface RemoveAllOptions {
  readonly client: KubeClient;
  readonly inventory: InventoryName;
  /** Change nothing and say what would go. */
  readonly dryRun?: boolean | undefined;
  /** Milliseconds that each object may take to be gone; two minutes by default. */
  readonly waitMs?: number | undefined;
  readonly isAutomatic?: PruneOptions['isAutomatic'];
  readonly onKept?: PruneOptions['onKept'];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Remove every object of an inventory and wait until it is gone, then the list itself. Nothing
 * recorded is success; being killed leaves the list, so that the next run goes on.
 */
export async function removeAll(options: RemoveAllOptions): Promise<ObjectChange[]> {
  const { client, inventory, signal, waitMs = 120_000 } = options;
  const refs = await readInventory(client, inventory, { signal });
  if (!refs) return [];
  if (options.dryRun) return prune({ ...options, refs });
  const title = `removing objects of ${inventory.name}`;
  return span(options.reporter, { title, cluster: client.cluster }, async (handle) => {
    const changes = await prune({ ...options, reporter: handle, refs, waitMs });
    await removeInventory(client, inventory, { signal });
    return changes;
  });
}
