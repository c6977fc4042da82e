import pLimit from 'p-limit';
import { isIsthmusError, messageOf } from '../errors/index.ts';
import type { MeshCluster } from '../provider/index.ts';

/** One text of a bundle; its name is a path relative to the cluster's folder. */
export interface MeshFile {
  readonly name: string;
  /** What it is, in a few words for the manifest. */
  readonly about: string;
  readonly content: string;
}

/** Something to say of a file or of a look that gave none. */
export interface ManifestNote {
  readonly name: string;
  readonly text: string;
}

/** A text that may have lost a part to a limit. */
export interface Truncated {
  readonly content: string;
  /** What was left out; undefined if it is whole. */
  readonly shortened?: string | undefined;
}

/** What everything takes that gathers files of one cluster. */
export interface CollectContext {
  readonly cluster: MeshCluster;
  readonly signal: AbortSignal;
  readonly collection: Collection;
  /** Namespaces of the mesh: their objects come first where not all are taken. */
  readonly namespaces: ReadonlySet<string>;
}

/** Where files go as they are found; resolves when there is room for more. */
export type TakeFile = (file: MeshFile) => Promise<void>;

/** How many questions one cluster is asked at a time. */
const atOnce = 8;

/**
 * Gathers files of one cluster, several at a time, and keeps none of them. What cannot be had becomes
 * an entry of `missing` with its reason, what is not there at all an entry of `empty`; nothing is left
 * out silently. Only INTERRUPTED is thrown, and what `take` throws.
 */
export class Collection {
  readonly shortened: ManifestNote[] = [];
  readonly empty: string[] = [];
  readonly missing: ManifestNote[] = [];
  readonly #limit = pLimit(atOnce);
  readonly #take: TakeFile;

  constructor(take: TakeFile) {
    this.#take = take;
  }

  /** Ask for something that files are made of; undefined if it cannot be had. */
  collect<T>(name: string, fetch: () => Promise<T>): Promise<T | undefined> {
    return this.#limit(() => this.#attempt(name, fetch));
  }

  /** Ask for the text of one file. The next question waits until there is room for it. */
  file(name: string, about: string, fetch: () => Promise<Truncated>): Promise<void> {
    return this.#limit(async () => {
      const found = await this.#attempt(name, fetch);
      if (found) await this.put(name, about, found);
    });
  }

  async put(name: string, about: string, { content, shortened }: Truncated): Promise<void> {
    if (content.trim() === '') {
      this.empty.push(name);
      return;
    }
    if (shortened) this.shortened.push({ name, text: shortened });
    await this.#take({ name, about, content });
  }

  async #attempt<T>(name: string, fetch: () => Promise<T>): Promise<T | undefined> {
    try {
      return await fetch();
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'INTERRUPTED') throw error;
      this.missing.push({ name, text: isIsthmusError(error) ? error.message : messageOf(error) });
      return undefined;
    }
  }
}
