import { note, type Reporter } from '../../report/index.ts';
import { describeRef, refKey } from '../object-ref.ts';
import type { KubeClient, ObjectChange, ObjectRef } from '../types.ts';
import { isMarked } from './creation-mark.ts';
import { claimedElsewhere, type InventoryName } from './inventory.ts';
import { byRank } from './rank.ts';
import { workAll } from './work-all.ts';

export interface PruneOptions {
  readonly client: KubeClient;
  readonly inventory: InventoryName;
  /** What is no longer wanted. */
  readonly refs: readonly ObjectRef[];
  readonly dryRun?: boolean | undefined;
  /** Milliseconds to wait for each object to be gone; not at all when undefined. */
  readonly waitMs?: number | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Remove objects, those that depend on others first. One that was there before
 * isthmus, or that another inventory of the cluster still holds, is left alone.
 */
export async function prune(options: PruneOptions): Promise<ObjectChange[]> {
  const { client, refs, signal } = options;
  if (refs.length === 0) return [];
  const claimed = await claimedElsewhere(client, options.inventory, { signal });
  const free = refs.filter((ref) => !claimed.has(refKey(ref)));
  const changes: ObjectChange[] = [];
  for (const group of byRank(free).reverse()) {
    const removed = await workAll(client.cluster, group, (ref) => pruneOne(options, ref));
    changes.push(...removed.flatMap((change) => change ?? []));
  }
  return changes;
}

async function pruneOne(options: PruneOptions, ref: ObjectRef): Promise<ObjectChange | undefined> {
  const { client, signal, waitMs } = options;
  const live = await client.get(ref, { signal });
  if (!live) return undefined;
  if (!isMarked(live)) {
    const message = `${describeRef(ref)} is left alone: it was there before isthmus`;
    note(options.reporter, 'warn', 'OBJECT_NOT_OURS', message, { cluster: client.cluster });
    return undefined;
  }
  const wait = waitMs === undefined ? {} : { wait: true, timeoutMs: waitMs };
  if (!options.dryRun) await client.remove(ref, { signal, ...wait });
  return { cluster: client.cluster, object: ref, action: 'remove', diff: [] };
}
