import { note, type Reporter } from '../../report/index.ts';
import { describeRef, refKey } from '../object-ref.ts';
import type { KubeClient, KubeObject, ObjectChange, ObjectRef } from '../types.ts';
import { isMarked } from './creation-mark.ts';
import { claimedElsewhere, type InventoryName } from './inventory.ts';
import { type IsAutomatic, othersObjects } from './others-objects.ts';
import { byRank } from './rank.ts';
import { workAll } from './work-all.ts';

/** Something that a removal leaves where it is. */
export interface KeptObject {
  readonly cluster: string;
  readonly object: ObjectRef;
  readonly reason: string;
}

export interface PruneOptions {
  readonly client: KubeClient;
  readonly inventory: InventoryName;
  /** What is no longer wanted. */
  readonly refs: readonly ObjectRef[];
  readonly dryRun?: boolean | undefined;
  /** Milliseconds to wait for each object to be gone; not at all when undefined. */
  readonly waitMs?: number | undefined;
  /** Objects of a namespace that are nobody's, beside those that Kubernetes itself makes. */
  readonly isAutomatic?: IsAutomatic | undefined;
  /** Told of everything that stays. */
  readonly onKept?: ((kept: KeptObject) => void) | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Remove objects, those that depend on others first. One that was there before
 * isthmus, or that another inventory of the cluster still holds, is left alone; so is a namespace or a
 * custom resource definition whose removal would take along what isthmus did not make.
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
  const reason = await reasonToKeep(options, live);
  if (reason) {
    note(options.reporter, {
      level: 'warn',
      code: 'OBJECT_NOT_OURS',
      message: `${describeRef(ref)} is left alone: ${reason}`,
      cluster: client.cluster,
    });
    options.onKept?.({ cluster: client.cluster, object: ref, reason });
    return undefined;
  }
  const wait = waitMs === undefined ? {} : { wait: true, timeoutMs: waitMs };
  if (!options.dryRun) await client.remove(ref, { signal, ...wait });
  return { cluster: client.cluster, object: ref, action: 'remove', diff: [] };
}

const shownOthers = 5;

async function reasonToKeep(
  { client, signal, isAutomatic }: PruneOptions,
  live: KubeObject,
): Promise<string | undefined> {
  if (!isMarked(live)) return 'it was there before isthmus';
  const others = await othersObjects(client, live, { signal, isAutomatic });
  if (others.length === 0) return undefined;
  const more = others.length > shownOthers ? ` and ${others.length - shownOthers} more` : '';
  return `it has what isthmus did not make: ${others.slice(0, shownOthers).join(', ')}${more}`;
}
