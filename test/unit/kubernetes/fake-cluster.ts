import {
  diffObjects,
  type KubeClient,
  type KubeObject,
  type ObjectRef,
  refKey,
  refOf,
} from '../../../src/kubernetes/index.ts';

export interface FakeCluster {
  readonly client: KubeClient;
  readonly objects: Map<string, KubeObject>;
  /** `apply Kind/name` and `remove Kind/name`, in order. */
  readonly writes: string[];
}

/**
 * Objects in a map behind the part of KubeClient that applyAll and removeAll use. An apply replaces
 * the whole object; definitions are established at once. `refuse` may throw for a write.
 */
export function fakeCluster(refuse: (write: string) => void = () => {}): FakeCluster {
  const objects = new Map<string, KubeObject>();
  const writes: string[] = [];
  const record = (verb: string, { kind, name }: ObjectRef) => {
    refuse(`${verb} ${kind}/${name}`);
    writes.push(`${verb} ${kind}/${name}`);
  };
  const established = { status: { conditions: [{ type: 'Established', status: 'True' }] } };
  const stored = (object: KubeObject) =>
    object.kind === 'CustomResourceDefinition' ? { ...object, ...established } : object;
  const client = {
    cluster: 'fake',
    get: async (ref: ObjectRef) => objects.get(refKey(ref)),
    list: async (apiVersion: string, kind: string) =>
      [...objects.values()].filter((one) => one.apiVersion === apiVersion && one.kind === kind),
    create: async (object: KubeObject) => {
      record('create', refOf(object));
      objects.set(refKey(refOf(object)), object);
      return object;
    },
    apply: async (object: KubeObject, { dryRun }: { dryRun?: boolean } = {}) => {
      const ref = refOf(object);
      const before = objects.get(refKey(ref));
      if (!dryRun) record('apply', ref);
      if (!dryRun) objects.set(refKey(ref), stored(object));
      const diff = before ? diffObjects(before, stored(object)) : [];
      const action = before ? (diff.length > 0 ? 'update' : 'none') : 'create';
      return { object: stored(object), change: { cluster: 'fake', object: ref, action, diff } };
    },
    conflicts: async () => [],
    // It has no groups of kinds, so nothing more is in a namespace.
    raw: async () => '{}',
    remove: async (ref: ObjectRef) => {
      record('remove', ref);
      objects.delete(refKey(ref));
    },
  };
  return { client: client as unknown as KubeClient, objects, writes };
}
