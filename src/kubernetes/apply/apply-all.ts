import { IsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { type Reporter, type SpanHandle, span } from '../../report/index.ts';
import { refusalStatus } from '../client/api-error.ts';
import { describeRef, refKey, refOf } from '../object-ref.ts';
import type { KubeClient, KubeObject, ObjectChange, ObjectRef } from '../types.ts';
import { withMark } from './creation-mark.ts';
import { waitForDefinitions } from './definitions.ts';
import {
  ensureInventoryNamespace,
  type InventoryName,
  readInventory,
  sameRefs,
  union,
  writeInventory,
} from './inventory.ts';
import type { IsAutomatic } from './others-objects.ts';
import { prune } from './prune.ts';
import { byRank } from './rank.ts';
import { yieldWebhookFields } from './webhook-ownership.ts';
import { workAll } from './work-all.ts';

export interface ApplyAllOptions {
  readonly client: KubeClient;
  /** Namespaced objects name their namespace. */
  readonly objects: readonly KubeObject[];
  readonly inventory: InventoryName;
  /** Change nothing and say what would change. */
  readonly dryRun?: boolean | undefined;
  /** Remove what an earlier apply of this inventory made and this one lacks. */
  readonly prune: boolean;
  /** Objects of a namespace that are nobody's, so that pruning the namespace may take them along. */
  readonly isAutomatic?: IsAutomatic | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Make a cluster hold exactly these objects of an inventory: server-side apply in order of kinds,
 * then pruning. What is about to be made is recorded first, so that being killed at any point
 * loses track of nothing. Returns one change per object, `none` included.
 */
export async function applyAll(options: ApplyAllOptions): Promise<ObjectChange[]> {
  const { client, inventory, signal } = options;
  const wanted = options.objects.map(refOf);
  const recorded = await readInventory(client, inventory, { signal });
  if (options.dryRun) return plan(options, recorded ?? []);
  if (!recorded && wanted.length === 0) return [];
  const title = `objects of ${inventory.name}`;
  return span(options.reporter, { title, cluster: client.cluster }, async (handle) => {
    const all = union(recorded ?? [], wanted);
    if (!recorded) await ensureInventoryNamespace(client, inventory, { signal });
    if (!recorded || !sameRefs(recorded, all)) await writeInventory(client, inventory, { refs: all, signal });
    const applied = await applyInOrder(options, handle);
    const pruned = options.prune ? await pruneRecorded(options, all) : [];
    const changes = [...applied, ...pruned];
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}

async function plan(options: ApplyAllOptions, recorded: readonly ObjectRef[]): Promise<ObjectChange[]> {
  const applied = await workAll(options.client.cluster, options.objects, (object) =>
    dryApply(options, object),
  );
  return options.prune
    ? [...applied, ...(await prune({ ...options, refs: unwanted(options, recorded) }))]
    : applied;
}

async function pruneRecorded(options: ApplyAllOptions, all: readonly ObjectRef[]): Promise<ObjectChange[]> {
  const { client, inventory, signal } = options;
  const refs = unwanted(options, all);
  if (refs.length === 0) return [];
  const changes = await prune({ ...options, refs });
  await writeInventory(client, inventory, { refs: options.objects.map(refOf), signal });
  return changes;
}

function unwanted({ objects }: ApplyAllOptions, recorded: readonly ObjectRef[]): ObjectRef[] {
  const wanted = new Set(objects.map((object) => refKey(refOf(object))));
  return recorded.filter((ref) => !wanted.has(refKey(ref)));
}

async function applyInOrder(options: ApplyAllOptions, handle: SpanHandle): Promise<ObjectChange[]> {
  const { client, objects, signal } = options;
  const changes: ObjectChange[] = [];
  for (const group of byRank(objects)) {
    const applied = await workAll(client.cluster, group, async (object) => {
      const result = await applyOne(options, object);
      changes.push(result.change);
      handle.progress({ done: changes.length, total: objects.length });
      return result.object;
    });
    await waitForDefinitions(client, applied, { signal });
  }
  return changes;
}

/** A namespace that is just ending, or a webhook that is just starting, is worth waiting for. */
const transientRefusal = /being terminated|failed calling webhook/;
const passesWithinMs = 60_000;

async function applyOne(
  { client, signal }: ApplyAllOptions,
  object: KubeObject,
): Promise<{ object: KubeObject; change: ObjectChange }> {
  const what = `${client.cluster} to accept ${describeRef(refOf(object))}`;
  return waitUntil({ what, timeoutMs: passesWithinMs, signal, delayMs: 200 }, async () => {
    try {
      const { shaped, before } = await shape(client, object, signal);
      const result = await client.apply(shaped, { signal, before });
      const ending = object.kind === 'Namespace' && result.object.metadata?.deletionTimestamp;
      if (ending) throw new NotReady('it is still being terminated');
      return result;
    } catch (error) {
      if (refusalStatus(error) !== undefined && transientRefusal.test(messageOf(error)))
        throw new NotReady(messageOf(error));
      throw withRemedy(error, object);
    }
  });
}

async function dryApply({ client, signal }: ApplyAllOptions, object: KubeObject): Promise<ObjectChange> {
  const { shaped, before } = await shape(client, object, signal);
  try {
    const { change } = await client.apply(shaped, { signal, before, dryRun: true });
    if (change.action !== 'update') return change;
    const taken = await client.conflicts(shaped, { signal });
    const lines = taken.map(
      ({ field, manager }) => `${field.replace(/^\./, '')}: taken over from ${manager}`,
    );
    return { ...change, diff: [...change.diff, ...lines] };
  } catch (error) {
    if (refusalStatus(error) === undefined || !transientRefusal.test(messageOf(error))) throw error;
    const action = before ? 'update' : 'create';
    const diff = [`cannot be compared: ${messageOf(error)}`];
    return { cluster: client.cluster, object: refOf(object), action, diff };
  }
}

/** What is really applied, given what is there. */
async function shape(client: KubeClient, object: KubeObject, signal: AbortSignal) {
  const live = await client.get(refOf(object), { signal });
  return { shaped: withMark(yieldWebhookFields(object, live), live), before: live ?? null };
}

function withRemedy(error: unknown, object: KubeObject): unknown {
  if (refusalStatus(error) !== 422 || !/immutable|may not change once set/.test(messageOf(error)))
    return error;
  return new IsthmusError('API_REFUSED', messageOf(error), {
    hint: `remove ${describeRef(refOf(object))} and run the command again`,
    cause: error,
  });
}
