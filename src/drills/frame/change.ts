import { isFields, type KubeObject, type ObjectRef } from '../../kubernetes/index.ts';
import type { OutagePart } from '../../provider/index.ts';

/** Part of a cluster that is stopped, named as no record in the cluster itself could tell of it then. */
export interface Outage {
  readonly kind: 'outage';
  readonly cluster: string;
  readonly part: OutagePart;
}

/** What a drill does: makes an object, sets fields of one that is there, or stops a part of a cluster. */
export type Change =
  | Outage
  | { readonly kind: 'create'; readonly object: KubeObject }
  | { readonly kind: 'patch'; readonly ref: ObjectRef; readonly set: MergePatch };

/** RFC 7386: objects are merged, everything else is replaced, null removes. */
export type MergePatch = { readonly [key: string]: unknown };

/** A change as the undo record keeps it. */
export type Step =
  | Outage
  | { readonly kind: 'create'; readonly object: KubeObject }
  | {
      readonly kind: 'patch';
      readonly ref: ObjectRef;
      readonly set: MergePatch;
      /** The object as it was, without what servers set. */
      readonly before: KubeObject;
    };

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What a merge patch sets, field by field; a list is one field. */
export function leavesOf(patch: MergePatch, path: readonly string[] = []): Leaf[] {
  return Object.entries(patch).flatMap(([key, value]) =>
    isFields(value) ? leavesOf(value, [...path, key]) : [{ path: [...path, key], value }],
  );
}

/** The merge patch that takes `set` back, for an object that was as `before`. */
export function inverseOf(set: MergePatch, before: KubeObject): MergePatch {
  const inverse: Record<string, unknown> = {};
  for (const { path } of leavesOf(set)) put(inverse, path, valueAt(before, path) ?? null);
  return inverse;
}

/**
 * Fields that somebody else has given a value meanwhile: neither the one that was there nor the one
 * that the drill set, as `spec.replicas is 5`.
 */
export function editedFields(step: Extract<Step, { kind: 'patch' }>, live: KubeObject): string[] {
  return leavesOf(step.set).flatMap(({ path, value }) => {
    const now = valueAt(live, path);
    const known = [value, valueAt(step.before, path)].some((one) => same(one, now));
    return known ? [] : [`${path.join('.')} is ${JSON.stringify(now)}`];
  });
}

/** An object without what servers and other field managers keep in it beside its content. */
export function contentOf(object: KubeObject): KubeObject {
  const { status: _, ...content } = object;
  const { managedFields: __, ...metadata } = object.metadata ?? {};
  return { ...content, metadata } as KubeObject;
}

export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), object);
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = isFields(target[key]) ? target[key] : {};
  target[key] = inner;
  put(inner, rest, value);
}

/** Absent and null are the same to a merge patch. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
