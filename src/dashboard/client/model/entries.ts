import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Kind, Panels } from '../../state/panels.ts';
import { type DashboardState, kindOf, markOf } from '../../state/state.ts';

/** When something was seen, and why it could not be seen again. */
export interface Seen {
  readonly observed: number;
  readonly trouble: string | undefined;
}

/**
 * Each entry is two signals, so that a change draws anew only what shows it, and a look that found
 * everything as it was nothing but its age.
 */
interface Cell {
  readonly kind: Kind;
  readonly value: Signal<unknown>;
  readonly seen: Signal<Seen | undefined>;
}

const cells = new Map<string, Cell>();
const keys = new Map<Kind, Signal<readonly string[]>>();

/** The state that the entries are of; empty before the first. */
export const mark = signal('');
/** How far this machine's clock is from the one by which things were seen, in milliseconds. */
const clockOffset = signal(0);
/** Of the state that is shown, by the clock by which things were seen. */
export const shownAt = signal(0);
/** The same to the minute, for dates that are days away: so that they are not drawn anew with every change. */
export const shownMinute = computed(() => Math.floor(shownAt.value / 60_000) * 60_000);
/** The seconds go by; nothing else does in a page that was exported. */
export const now = signal(0);

function cell(key: string): Cell {
  const known = cells.get(key);
  if (known) return known;
  const made: Cell = { kind: kindOf(key), value: signal(undefined), seen: signal(undefined) };
  cells.set(key, made);
  return made;
}

function keyList(kind: Kind): Signal<readonly string[]> {
  const known = keys.get(kind);
  if (known) return known;
  const made = signal<readonly string[]>([]);
  keys.set(kind, made);
  return made;
}

/** What is known; undefined if nothing is (any more). Reading it draws the reader anew when it changes. */
export function value<K extends Kind>(key: K | `${K}/${string}`): Panels[K] | undefined {
  return cell(key).value.value as Panels[K] | undefined;
}

/** When it was seen; undefined if it is not there. */
export const seen = (key: string): Seen | undefined => cell(key).seen.value;

/** Keys of everything of a kind, sorted. */
export const keysOf = (kind: Kind): readonly string[] => keyList(kind).value;

/** Everything of a kind that has a value. */
export function valuesOf<K extends Kind>(kind: K): Panels[K][] {
  return keysOf(kind).flatMap((key) => (value(key as K) as Panels[K] | undefined) ?? []);
}

/** Take over what changed; a state of another run replaces everything. */
export function apply(state: DashboardState, fresh: boolean): void {
  const touched = new Set<Kind>();
  if (fresh) forgetAllBut(state, touched);
  for (const one of state.entries) {
    const known = cell(one.key);
    const was = known.seen.peek() !== undefined;
    if (!one.same) known.value.value = one.value;
    const gone = known.value.peek() === undefined && one.trouble === undefined;
    known.seen.value = gone ? undefined : { observed: one.observed, trouble: one.trouble };
    if (was === gone) touched.add(one.kind);
  }
  for (const kind of touched) {
    const all = [...cells].filter(([, one]) => one.kind === kind && one.seen.peek());
    keyList(kind).value = all.map(([key]) => key).sort(byNumberAndText);
  }
  clockOffset.value = Date.now() - state.now;
  shownAt.value = state.now;
  mark.value = markOf(state);
}

function forgetAllBut(state: DashboardState, touched: Set<Kind>): void {
  const kept = new Set(state.entries.map(({ key }) => key));
  for (const [key, one] of cells) {
    if (kept.has(key) || !one.seen.peek()) continue;
    touched.add(one.kind);
    one.value.value = undefined;
    one.seen.value = undefined;
  }
}

const collator = new Intl.Collator('en', { numeric: true });
const byNumberAndText = (a: string, b: string): number => collator.compare(a, b);

/** Seconds since something was seen; undefined if it never was. */
export function ageOf(observed: number | undefined): number | undefined {
  if (!observed) return undefined;
  return Math.max(0, (now.value - clockOffset.value - observed) / 1000);
}

/** Of one panel: when the part of it that was seen longest ago was seen. */
export const oldestOf = (kind: Kind): ReadonlySignal<number | undefined> =>
  computed(() => {
    const all = keysOf(kind).map((key) => seen(key)?.observed ?? 0);
    return all.length > 0 ? Math.min(...all) : undefined;
  });
