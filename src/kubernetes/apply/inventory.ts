import { refusalStatus } from '../client/api-error.ts';
import { refKey } from '../object-ref.ts';
import type { CallOptions, KubeClient, KubeObject, ObjectRef } from '../types.ts';
import { withMark } from './creation-mark.ts';

/** Names a set of objects that are applied, pruned and removed together. */
export interface InventoryName {
  readonly name: string;
  /** Where the list is kept; made if it is not there. */
  readonly namespace: string;
}

const label = 'isthmus.io/inventory';

const configMapOf = ({ name, namespace }: InventoryName): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name: `isthmus-inventory-${name}`,
});

/** What was recorded, or undefined if nothing ever was. */
export async function readInventory(
  client: KubeClient,
  inventory: InventoryName,
  options: CallOptions,
): Promise<ObjectRef[] | undefined> {
  const found = await client.get(configMapOf(inventory), options);
  return found && refsIn(found);
}

/** Record these references instead of what was recorded before. */
export async function writeInventory(
  client: KubeClient,
  inventory: InventoryName,
  { refs, ...options }: CallOptions & { readonly refs: readonly ObjectRef[] },
): Promise<void> {
  const { apiVersion, kind, namespace, name } = configMapOf(inventory);
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus', [label]: inventory.name };
  const object = {
    apiVersion,
    kind,
    metadata: { name, namespace: namespace ?? '', labels },
    data: dataOf(refs),
  };
  await client.apply(object, options);
}

/** The list itself goes last. */
export async function removeInventory(
  client: KubeClient,
  inventory: InventoryName,
  options: CallOptions,
): Promise<void> {
  await client.remove(configMapOf(inventory), options);
}

/** Keys of all that the cluster's other inventories hold, so that none takes away what another needs. */
export async function claimedElsewhere(
  client: KubeClient,
  inventory: InventoryName,
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const found = await client.list('v1', 'ConfigMap', { labelSelector: label, signal: options.signal });
  const own = configMapOf(inventory);
  const others = found.filter(
    ({ metadata }) => metadata?.name !== own.name || metadata?.namespace !== own.namespace,
  );
  return new Set(others.flatMap(refsIn).map(refKey));
}

/**
 * A list needs a namespace to be in, also where the objects bring none. One that is just being
 * removed is waited for.
 */
export async function ensureInventoryNamespace(
  client: KubeClient,
  { namespace }: InventoryName,
  options: CallOptions,
): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  const live = await client.get(ref, options);
  if (live && !live.metadata?.deletionTimestamp) return;
  if (live) await client.remove(ref, { ...options, wait: true });
  try {
    // Not applied: an apply by our field manager would take away what another apply sets.
    await client.create(
      withMark({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
      options,
    );
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
  }
}

/** The same references, each once, whatever their order. */
export function sameRefs(a: readonly ObjectRef[], b: readonly ObjectRef[]): boolean {
  return dataOf(a).refs === dataOf(b).refs;
}

/** All of both, each object once; the later list's API version wins. */
export function union(a: readonly ObjectRef[], b: readonly ObjectRef[]): ObjectRef[] {
  return [...new Map([...a, ...b].map((ref) => [refKey(ref), ref])).values()];
}

function dataOf(refs: readonly ObjectRef[]): { refs: string } {
  const lines = union(refs, []).map(({ apiVersion, kind, namespace = '', name }) =>
    [apiVersion, kind, namespace, name].join(' '),
  );
  return { refs: lines.sort().join('\n') };
}

function refsIn(configMap: KubeObject): ObjectRef[] {
  const { refs = '' } = (configMap['data'] ?? {}) as { refs?: string };
  return refs.split('\n').flatMap((line) => {
    const [apiVersion, kind, namespace, name] = line.split(' ');
    if (!apiVersion || !kind || !name) return [];
    return [{ apiVersion, kind, ...(namespace ? { namespace } : {}), name }];
  });
}
