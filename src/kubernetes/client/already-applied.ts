import { isDeepStrictEqual } from 'node:util';
import { type Fields, isFields } from '../fields.ts';
import type { KubeObject } from '../types.ts';

/** A node of `fieldsV1`: what a field manager owns below a field or an item of a list. */
type Owned = { readonly [step: string]: Owned };

/**
 * Whether a server-side apply by `manager` of `wanted` would leave `live` as it is: the manager's last apply
 * set exactly the fields of `wanted`, and their values are what they were. Then nothing need be sent, which
 * spares an API server most of what a repeated `up` costs it. `false` where that cannot be told, as where
 * the server writes a value in another way than it was given, and for an object that is about to go.
 *
 * By the format of structured-merge-diff, `fieldpath/serialize.go`: `f:` a field, `k:` an item of a list by
 * its keys, `v:` one by its value, `.` the thing itself.
 */
export function alreadyApplied(wanted: KubeObject, live: KubeObject, manager: string): boolean {
  if (live.metadata?.deletionTimestamp) return false;
  const owned = lastApply(wanted, live, manager);
  if (!owned) return false;
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = wanted;
  const { name: _name, namespace: _namespace, ...others } = metadata ?? {};
  // Name, namespace and kind are no fields that anybody owns.
  return sameFields(owned, Object.keys(others).length > 0 ? { ...rest, metadata: others } : rest, live);
}

function lastApply(wanted: KubeObject, live: KubeObject, manager: string): Owned | undefined {
  const entry = (live.metadata?.managedFields ?? []).find(
    (one) => one.manager === manager && one.operation === 'Apply' && !one.subresource,
  );
  return entry?.apiVersion === wanted.apiVersion ? (entry?.fieldsV1 as Owned | undefined) : undefined;
}

/** Whether the value is owned with all that is in it and nothing besides, and is live. */
function same(owned: Owned, wanted: unknown, live: unknown): boolean {
  if (stepsOf(owned).length === 0) return asApplied(wanted, live);
  if (isFields(wanted) && isFields(live)) return sameFields(owned, wanted, live);
  return Array.isArray(wanted) && Array.isArray(live) && sameItems(owned, wanted, live);
}

const stepsOf = (owned: Owned): [string, Owned][] => Object.entries(owned).filter(([step]) => step !== '.');

/** Whether a value that is owned as a whole is ours, with what an API server by itself makes of ours. */
function asApplied(wanted: unknown, live: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(live))
    return wanted.length === live.length && wanted.every((item, at) => asApplied(item, live[at]));
  if (isFields(wanted) && isFields(live)) {
    const added = Object.keys(live).filter((key) => !(key in wanted));
    return (
      Object.keys(wanted).every((key) => asApplied(wanted[key], live[key])) &&
      added.every((key) => isDefault(wanted, key, live[key]))
    );
  }
  return isDeepStrictEqual(wanted, live) || (wanted === '' && live === undefined);
}

/** By Kubernetes' API reference, of ObjectFieldSelector and RuleWithOperations, the two that Istio's charts leave to it. */
const isDefault = (wanted: Fields, key: string, value: unknown): boolean =>
  ('fieldPath' in wanted && key === 'apiVersion' && value === 'v1') ||
  ('operations' in wanted && key === 'scope' && value === '*');

function sameFields(owned: Owned, wanted: Fields, live: Fields): boolean {
  const steps = stepsOf(owned);
  return (
    steps.length === Object.keys(wanted).length &&
    steps.every(([step, below]) => {
      const key = step.startsWith('f:') ? step.slice(2) : undefined;
      return key !== undefined && key in wanted && same(below, wanted[key], live[key]);
    })
  );
}

/** Others may have items of the same list; those of ours must be all there, and in our order. */
function sameItems(owned: Owned, wanted: readonly unknown[], live: readonly unknown[]): boolean {
  const items = stepsOf(owned)
    .map(([step, below]) => ({ below, ours: indexOf(wanted, step), theirs: indexOf(live, step) }))
    .toSorted((a, b) => a.ours - b.ours);
  return (
    items.length === wanted.length &&
    items.every(({ ours, theirs, below }, at) => {
      const inOrder = ours === at && theirs > (items[at - 1]?.theirs ?? -1);
      return inOrder && same(below, wanted[ours], live[theirs]);
    })
  );
}

/** -1 where no item, or none of ours by all its keys, is meant. */
function indexOf(list: readonly unknown[], step: string): number {
  if (step.startsWith('v:')) {
    const value: unknown = JSON.parse(step.slice(2));
    return list.findIndex((item) => isDeepStrictEqual(item, value));
  }
  if (!step.startsWith('k:')) return -1;
  const keys = Object.entries(JSON.parse(step.slice(2)) as Fields);
  return list.findIndex((item) => isFields(item) && keys.every(([key, value]) => keyOf(item, key) === value));
}

/** The one key of Kubernetes' own lists that may be left out: `protocol` of ports, in its API's schema `TCP`. */
const keyOf = (item: Fields, key: string): unknown => item[key] ?? (key === 'protocol' ? 'TCP' : undefined);
