import { setTimeout as delay } from 'node:timers/promises';
import { isIsthmusError } from '../../errors/index.ts';
import type { NodeApi } from '../node/api.ts';
import { serviceKey } from './state.ts';

interface Listed {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

const watchSeconds = 300;
const retryMs = 500;

/** Only the fields that are looked at stay in memory. */
export type Trim<T> = (object: T) => T;

/** A live copy of one kind of object: listed, then watched, and listed again when the watch is lost. */
export class Collection<T extends Listed> {
  readonly items = new Map<string, T>();
  readonly #api: NodeApi;
  readonly #path: string;
  readonly #options: { readonly trim: Trim<T>; readonly onChange: () => void };
  #listed = false;

  constructor(api: NodeApi, path: string, options: { trim: Trim<T>; onChange: () => void }) {
    this.#api = api;
    this.#path = path;
    this.#options = options;
  }

  /** False until everything was listed once; to act earlier would take what exists for gone. */
  get complete(): boolean {
    return this.#listed;
  }

  /** Follow the objects until the signal fires. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#watch(await this.#list(signal), signal);
      } catch (error) {
        if (!isIsthmusError(error)) throw error;
      }
      // A lost API server comes back; asking it more often does not bring it back sooner.
      await delay(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const answer = await this.#api.get<{ metadata: { resourceVersion: string }; items: T[] }>(
      this.#path,
      signal,
    );
    this.items.clear();
    for (const item of answer?.items ?? []) this.items.set(serviceKey(item), this.#options.trim(item));
    this.#listed = true;
    this.#options.onChange();
    return answer?.metadata.resourceVersion ?? '0';
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const query = `watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=${watchSeconds}`;
    const timeoutMs = (watchSeconds + 10) * 1_000;
    const response = await this.#api.stream({
      method: 'GET',
      path: `${this.#path}?${query}`,
      signal,
      timeoutMs,
    });
    response.setEncoding('utf8');
    let rest = '';
    try {
      for await (const chunk of response) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (!this.#take(line)) return;
      }
    } catch (error) {
      // A connection that breaks off ends the watch as an orderly end does.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  /** False when the watch has to begin anew. */
  #take(line: string): boolean {
    const { type, object } = JSON.parse(line) as { type: string; object: T };
    if (type === 'ADDED' || type === 'MODIFIED')
      this.items.set(serviceKey(object), this.#options.trim(object));
    else if (type === 'DELETED') this.items.delete(serviceKey(object));
    else return false;
    this.#options.onChange();
    return true;
  }
}
