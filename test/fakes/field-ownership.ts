import { isDeepStrictEqual } from 'node:util';

/** A step into an object: a key, or the element of that name in a list of named elements. */
type Path = readonly string[];

const keyOf = (path: Path): string => JSON.stringify(path);
const pathOf = (key: string): Path => JSON.parse(key) as Path;

interface Named {
  readonly name: string;
}

const isNamedList = (value: unknown): value is readonly Named[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof (one as Partial<Named> | null)?.name === 'string');

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmptyMap = (value: unknown): boolean => isMap(value) && Object.keys(value).length === 0;

/** Every leaf of a value; what identifies an object is nobody's. */
export function leavesOf(value: unknown, path: Path = []): Map<string, unknown> {
  const inside = isNamedList(value)
    ? value.flatMap((one) => [...leavesOf(one, [...path, `name=${one.name}`])])
    : isMap(value) && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([key, one]) => [...leavesOf(one, [...path, key])])
      : [[keyOf(path), value] as const];
  return new Map(inside.filter(([key]) => !identifying.has(key)));
}

const identifying = new Set(
  [
    ['apiVersion'],
    ['kind'],
    ['metadata', 'name'],
    ['metadata', 'namespace'],
    ['metadata', 'uid'],
    ['metadata', 'resourceVersion'],
    ['metadata', 'generation'],
    ['metadata', 'creationTimestamp'],
    ['metadata', 'managedFields'],
  ].map(keyOf),
);

/** The leaf at a path of {@link leavesOf}; undefined if it is not there. */
export function leafAt(object: unknown, key: string): unknown {
  return pathOf(key).reduce<unknown>(
    (at, step) =>
      Array.isArray(at) ? at.find((one) => named(one, step)) : (at as Named | undefined)?.[step as 'name'],
    object,
  );
}

const named = (one: unknown, step: string): boolean => `name=${(one as Named).name}` === step;

/** Put a leaf where its path says, making what is on the way. */
export function setLeaf(object: Record<string, unknown>, key: string, value: unknown): void {
  const path = pathOf(key);
  let at: unknown = object;
  for (const [index, step] of path.entries()) {
    const next = path[index + 1];
    const empty = next?.startsWith('name=') ? [] : {};
    if (Array.isArray(at)) {
      const known: unknown = at.find((one) => named(one, step));
      const element = known ?? { name: step.slice('name='.length) };
      if (!known) at.push(element);
      at = element;
    } else {
      const map = at as Record<string, unknown>;
      // An empty map asks that there is one, not that it is emptied.
      if (next === undefined) map[step] = isEmptyMap(value) && isMap(map[step]) ? map[step] : value;
      else if (!isMap(map[step]) && !Array.isArray(map[step])) map[step] = empty;
      at = map[step];
    }
  }
}

/** Take a leaf out, and what its absence leaves empty. */
export function removeLeaf(object: Record<string, unknown>, key: string): void {
  const path = pathOf(key);
  const parents: unknown[] = [object];
  for (const step of path.slice(0, -1)) {
    const at = parents.at(-1);
    parents.push(
      Array.isArray(at) ? at.find((one) => named(one, step)) : (at as Record<string, unknown>)?.[step],
    );
  }
  const element = parents.at(-1);
  // An element goes by its name until nothing else of it is left.
  if (path.at(-1) === 'name' && path.at(-2)?.startsWith('name=') && isMap(element))
    if (Object.keys(element).length > 1) return;
  for (let index = path.length - 1; index >= 0; index -= 1) {
    const parent = parents[index];
    const step = path[index] ?? '';
    if (Array.isArray(parent))
      parent.splice(
        parent.findIndex((one) => named(one, step)),
        1,
      );
    else if (isMap(parent)) delete parent[step];
    const left = isMap(parent) ? Object.keys(parent).filter((one) => one !== 'name') : parent;
    if (index === 0 || !Array.isArray(left) || left.length > 0) return;
  }
}

/** Leaves that differ between two states of an object. */
export const changedLeaves = (before: unknown, after: unknown): string[] =>
  [...leavesOf(after)].flatMap(([key, value]) =>
    isDeepStrictEqual(leafAt(before, key), value) ? [] : [key],
  );

/** `.spec.replicas`, as a conflict names a field. */
export const shown = (key: string): string =>
  pathOf(key)
    .map((step) => (step.startsWith('name=') ? `[name="${step.slice(5)}"]` : `.${step}`))
    .join('');

/** Paths as `metadata.managedFields` has them. */
export function fieldsV1(keys: Iterable<string>): object {
  const root: Record<string, unknown> = {};
  for (const key of keys) {
    let at = root;
    for (const step of pathOf(key)) {
      const name = step.startsWith('name=') ? `k:${JSON.stringify({ name: step.slice(5) })}` : `f:${step}`;
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
  }
  return root;
}
