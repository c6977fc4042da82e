import { isDeepStrictEqual } from 'node:util';
import type { Kind, Panels } from '../state/panels.ts';
import { type DashboardState, type Entry, kindOf } from '../state/state.ts';

interface Stored {
  readonly entry: Entry;
  /** The version with which the value became what it is. */
  readonly changed: number;
}

/**
 * What is known now. Every entry remembers with which change it came, so that whoever has seen the
 * state up to a version is brought up to date by the entries that are newer: nothing that a reader missed
 * is lost, and nothing has to be kept for readers that are away.
 */
export class StateStore {
  readonly epoch: string;
  readonly #clean: <T>(value: T) => T;
  readonly #entries = new Map<string, Stored>();
  readonly #listeners = new Set<() => void>();
  #version = 0;

  /** @param clean takes secrets out of every value before it is kept */
  constructor({ epoch, clean }: { readonly epoch: string; readonly clean: <T>(value: T) => T }) {
    this.epoch = epoch;
    this.#clean = clean;
  }

  get version(): number {
    return this.#version;
  }

  /** Keep what was just seen. */
  put<K extends Kind>(key: K | `${K}/${string}`, value: Panels[K], observed = Date.now()): void {
    this.#set(key, { value: this.#clean(value), observed, trouble: undefined });
  }

  /** A look gave nothing: what was seen before stays, with its age and the reason. */
  fail(key: string, trouble: string): void {
    const known = this.#entries.get(key);
    const observed = known?.entry.observed ?? 0;
    this.#set(key, { value: known?.entry.value, observed, trouble: this.#clean(trouble) });
  }

  /** It is not there any more; readers are told so. */
  remove(key: string): void {
    if (this.#entries.get(key)?.entry.value !== undefined)
      this.#set(key, { value: undefined, observed: Date.now(), trouble: undefined });
  }

  get<K extends Kind>(key: K | `${K}/${string}`): Panels[K] | undefined {
    return this.#entries.get(key)?.entry.value as Panels[K] | undefined;
  }

  entry<K extends Kind>(key: K | `${K}/${string}`): Entry<K> | undefined {
    return this.#entries.get(key)?.entry as Entry<K> | undefined;
  }

  /** Keys with a value that begin with a text. */
  keys(start: string): string[] {
    return [...this.#entries].flatMap(([key, { entry }]) =>
      key.startsWith(start) && entry.value !== undefined ? [key] : [],
    );
  }

  /** Everything that changed after a version; 0 for all. A value that the reader has already is left out. */
  since(version: number): DashboardState {
    const entries = [...this.#entries.values()].flatMap(({ entry, changed }): Entry[] => {
      if (entry.version <= version) return [];
      const gone = entry.value === undefined && entry.trouble === undefined;
      if (gone && version === 0) return [];
      if (changed > version) return [entry];
      const { value: _, ...seenAgain } = entry;
      return [{ ...seenAgain, same: true }];
    });
    return { epoch: this.epoch, version: this.#version, now: Date.now(), entries };
  }

  /** Be told of every change; returns how to stop it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(key: string, seen: Pick<Entry, 'value' | 'observed' | 'trouble'>): void {
    const known = this.#entries.get(key);
    const same = known !== undefined && isDeepStrictEqual(known.entry.value, seen.value);
    // Looked at again is a change as well, for it makes what is shown younger.
    this.#version += 1;
    const entry = { key, kind: kindOf(key), version: this.#version, ...seen };
    this.#entries.set(key, { entry, changed: same ? known.changed : this.#version });
    for (const listener of this.#listeners) listener();
  }
}
