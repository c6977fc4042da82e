import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/kubernetes/index.ts';
import { changedLeaves, fieldsV1, leafAt, leavesOf, removeLeaf, setLeaf, shown } from './field-ownership.ts';
import { builtIn, type Kind, kindsOf } from './kinds.ts';

/** A refusal as an API server words it. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  /** As in `details.causes` of a Status. */
  readonly causes: readonly object[] = [];

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** The refusal of an apply that would take fields from other managers. */
class FieldsOwned extends Refused {
  override readonly causes: readonly object[];

  constructor(message: string, causes: readonly object[]) {
    super(409, 'Conflict', message);
    this.causes = causes;
  }
}

interface Stored {
  object: KubeObject;
  /** Paths of leaves by the manager that wrote them last. */
  readonly owners: Map<string, { operation: 'Apply' | 'Update'; paths: Set<string> }>;
}

/** Where one object is. */
export interface Place {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
}

interface Writing {
  readonly manager: string;
  readonly dryRun: boolean;
}

const clone = <T>(value: T): T => structuredClone(value);

/** The objects of one fake API server and who wrote which of their fields; see api-server.md. */
export class ObjectStore {
  readonly #objects = new Map<string, Stored>();
  readonly kinds: Kind[];
  /** Milliseconds by which the server's clock is ahead of this machine's. */
  clockAheadMs = 0;
  #version = 1;

  constructor(kinds: readonly Kind[] = builtIn) {
    this.kinds = [...kinds];
  }

  kindOf(apiVersion: string, kind: string): Kind {
    const found = this.kinds.find((one) => one.apiVersion === apiVersion && one.kind === kind);
    if (!found) throw new Error(`the fake serves no ${kind} of ${apiVersion}`);
    return found;
  }

  #key({ kind, namespace, name }: Place): string {
    return `${kind.apiVersion}/${kind.kind}/${kind.namespaced ? namespace : ''}/${name}`;
  }

  find(place: Place): KubeObject | undefined {
    const stored = this.#objects.get(this.#key(place));
    return stored && shownObject(stored);
  }

  get(place: Place): KubeObject {
    const found = this.find(place);
    if (found) return found;
    throw new Refused(404, 'NotFound', `${place.kind.plural} "${place.name}" not found`);
  }

  /** In the order of their names, as etcd has them. */
  list(kind: Kind, namespace: string | undefined): KubeObject[] {
    return [...this.#objects]
      .filter(([, { object }]) => object.apiVersion === kind.apiVersion && object.kind === kind.kind)
      .filter(([, { object }]) => namespace === undefined || object.metadata?.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, stored]) => shownObject(stored));
  }

  create(place: Place, body: KubeObject, { manager, dryRun }: Writing): KubeObject {
    if (this.find(place))
      throw new Refused(409, 'AlreadyExists', `${place.kind.plural} "${place.name}" already exists`);
    const stored: Stored = { object: this.#fresh(place, body), owners: new Map() };
    stored.owners.set(manager, { operation: 'Update', paths: new Set(leavesOf(body).keys()) });
    return this.#keep(place, stored, dryRun);
  }

  /** Server-side apply: conflicts with other managers unless forced; gives up what is no longer stated. */
  apply(place: Place, body: KubeObject, writing: Writing & { readonly force: boolean }): KubeObject {
    const { manager, force, dryRun } = writing;
    const known = this.#objects.get(this.#key(place));
    const stored = known
      ? {
          object: clone(known.object),
          owners: new Map(
            [...known.owners].map(([who, own]) => [who, { ...own, paths: new Set(own.paths) }]),
          ),
        }
      : { object: this.#fresh(place, {}), owners: new Map() };
    const wanted = leavesOf(withData(body));
    const conflicts = conflictsOf(stored, manager, wanted);
    if (conflicts.length > 0 && !force) throw conflict(conflicts);
    for (const { owner, key } of conflicts) stored.owners.get(owner)?.paths.delete(key);
    const had = stored.owners.get(manager)?.paths ?? new Set<string>();
    const others = [...stored.owners].filter(([who]) => who !== manager);
    for (const key of had)
      if (!wanted.has(key) && !others.some(([, { paths }]) => paths.has(key)))
        removeLeaf(stored.object as Record<string, unknown>, key);
    for (const [key, value] of wanted) setLeaf(stored.object as Record<string, unknown>, key, clone(value));
    stored.owners.set(manager, { operation: 'Apply', paths: new Set(wanted.keys()) });
    return this.#keep(place, stored, dryRun);
  }

  /** JSON merge patch; `status` may be patched like all else. */
  merge(place: Place, patch: object, { manager, dryRun }: Writing): KubeObject {
    const before = this.get(place);
    requireVersion(before, patch as KubeObject);
    return this.#update(place, { before, after: merged(before, patch) as KubeObject }, { manager, dryRun });
  }

  /** The whole object anew; a stale resourceVersion is a conflict. */
  replace(place: Place, body: KubeObject, writing: Writing): KubeObject {
    const before = this.get(place);
    requireVersion(before, body);
    return this.#update(
      place,
      { before, after: { ...body, metadata: { ...before.metadata, ...body.metadata } } },
      writing,
    );
  }

  #update(
    place: Place,
    { before, after }: { before: KubeObject; after: KubeObject },
    { manager, dryRun }: Writing,
  ) {
    const known = this.#objects.get(this.#key(place)) as Stored;
    const changed = changedLeaves(before, after);
    const owners = new Map(
      [...known.owners].map(([who, own]) => [
        who,
        { ...own, paths: new Set([...own.paths].filter((key) => !changed.includes(key))) },
      ]),
    );
    const own = owners.get(manager)?.paths ?? [];
    owners.set(manager, { operation: 'Update', paths: new Set([...own, ...changed]) });
    return this.#keep(place, { object: clone(after), owners }, dryRun);
  }

  /** An object with finalizers stays, marked, until they are gone. */
  remove(place: Place, version?: string): KubeObject {
    const object = this.get(place);
    requireVersion(object, { metadata: version ? { resourceVersion: version } : {} });
    const stored = this.#objects.get(this.#key(place)) as Stored;
    if ((object.metadata?.finalizers ?? []).length === 0) this.#objects.delete(this.#key(place));
    else
      stored.object = {
        ...stored.object,
        metadata: { ...stored.object.metadata, deletionTimestamp: this.#now() as never },
      };
    return object;
  }

  #now(): string {
    return new Date(Date.now() + this.clockAheadMs).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  #fresh({ kind, namespace, name }: Place, body: KubeObject): KubeObject {
    const place = kind.namespaced ? { name, namespace: namespace ?? 'default' } : { name };
    const made = { uid: randomUUID(), creationTimestamp: this.#now() as never, generation: 1 };
    const metadata = { ...made, ...clone(body.metadata ?? {}), ...place };
    return { ...withData(clone(body)), apiVersion: kind.apiVersion, kind: kind.kind, metadata };
  }

  #keep(place: Place, stored: Stored, dryRun: boolean): KubeObject {
    const before = this.#objects.get(this.#key(place))?.object;
    const object = established(stored.object);
    const same = before !== undefined && isDeepStrictEqual(bare(before), bare(object));
    const { generation = 1, resourceVersion } = before?.metadata ?? {};
    const specChanged = before !== undefined && !isDeepStrictEqual(before['spec'], object['spec']);
    const version = (same ? resourceVersion : undefined) ?? String(++this.#version);
    const metadata = {
      ...object.metadata,
      resourceVersion: version,
      generation: specChanged ? generation + 1 : generation,
    };
    const kept: Stored = { object: { ...object, metadata }, owners: stored.owners };
    if (dryRun) return shownObject(kept);
    const gone = metadata.deletionTimestamp && (metadata.finalizers ?? []).length === 0;
    if (gone) this.#objects.delete(this.#key(place));
    else this.#objects.set(this.#key(place), kept);
    if (object.kind === 'CustomResourceDefinition') this.kinds.push(...kindsOf(object as never));
    return shownObject(kept);
  }
}

const bare = ({ metadata, ...rest }: KubeObject) => {
  const {
    resourceVersion: _version,
    managedFields: _fields,
    generation: _generation,
    ...kept
  } = metadata ?? {};
  return { ...rest, metadata: kept };
};

/** A definition works at once. */
function established(object: KubeObject): KubeObject {
  if (object.kind !== 'CustomResourceDefinition') return object;
  return { ...object, status: { conditions: [{ type: 'Established', status: 'True' }] } };
}

/** What is written as text is kept as base64. */
function withData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { stringData?: Record<string, string> };
  if (!stringData) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  return { ...rest, data: { ...(rest['data'] as object | undefined), ...Object.fromEntries(encoded) } };
}

interface Conflict {
  readonly owner: string;
  readonly key: string;
}

function conflictsOf(
  { object, owners }: Stored,
  manager: string,
  wanted: ReadonlyMap<string, unknown>,
): Conflict[] {
  return [...owners].flatMap(([owner, { paths }]) =>
    owner === manager
      ? []
      : [...wanted].flatMap(([key, value]) =>
          paths.has(key) && !isDeepStrictEqual(leafAt(object, key), value) ? [{ owner, key }] : [],
        ),
  );
}

function conflict(all: readonly Conflict[]): Refused {
  const lines = all.map(({ owner, key }) => `conflict with "${owner}": ${shown(key)}`);
  const causes = all.map(({ owner, key }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${owner}"`,
    field: shown(key),
  }));
  const message = `Apply failed with ${all.length} conflict(s): ${lines.join('; ')}`;
  return new FieldsOwned(message, causes);
}

function shownObject({ object, owners }: Stored): KubeObject {
  const managedFields = [...owners].map(([manager, { operation, paths }]) => ({
    manager,
    operation,
    apiVersion: object.apiVersion ?? '',
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1(paths),
  }));
  return { ...clone(object), metadata: { ...clone(object.metadata), managedFields } };
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return clone(patch);
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const all: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch))
    all[key] = value === null ? undefined : merged(all[key], value);
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A writer may say upon which version it writes. */
function requireVersion(before: KubeObject, body: Pick<KubeObject, 'metadata'>): void {
  const stated = body.metadata?.resourceVersion;
  if (!stated || stated === before.metadata?.resourceVersion) return;
  const message = 'the object has been modified; please apply your changes to the latest version';
  throw new Refused(409, 'Conflict', message);
}
