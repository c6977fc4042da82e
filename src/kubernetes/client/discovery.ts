import { IsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { CallOptions } from '../types.ts';
import { refusalStatus } from './api-error.ts';
import type { SharedRequest } from './shared-request.ts';
import type { Transport } from './transport.ts';

/** Where a kind lives in the API. */
export interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

type Kinds = ReadonlyMap<string, Resource>;

/** A definition that was applied a moment ago appears in discovery this much later at most. */
const appearsWithinMs = 5_000;

/** Plural names and scopes, asked once per API version and again for a kind that is not known. */
export class Discovery {
  readonly #transport: Transport;
  readonly #known = new Map<string, Kinds>();
  readonly #asking = new Map<string, SharedRequest<Kinds>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Undefined if the API server does not have the kind. */
  async find(apiVersion: string, kind: string, options: CallOptions): Promise<Resource | undefined> {
    const known = this.#known.get(apiVersion)?.get(kind);
    return known ?? (await this.#ask(apiVersion, options)).get(kind);
  }

  /** Waits a little for a kind whose definition was just applied; throws TIMED_OUT if it does not come. */
  async expect(apiVersion: string, kind: string, options: CallOptions): Promise<Resource> {
    // However long the API server takes to say so: only a kind that it does not have is waited for.
    const resource = await this.find(apiVersion, kind, options);
    return resource ?? this.#appearing(apiVersion, kind, options);
  }

  #appearing(apiVersion: string, kind: string, options: CallOptions): Promise<Resource> {
    const wait = {
      what: `the API server to know ${kind} of ${apiVersion}`,
      timeoutMs: appearsWithinMs,
      signal: options.signal,
      maxDelayMs: 500,
      hint: `install the definition of ${kind} first`,
    };
    let isAsked = true;
    return waitUntil(wait, async () => {
      // A moment ago, so that the first pause comes before the next question.
      if (isAsked) {
        isAsked = false;
        throw new NotReady('no such kind');
      }
      const resource = await this.find(apiVersion, kind, options);
      if (!resource) throw new NotReady('no such kind');
      return resource;
    });
  }

  #ask(apiVersion: string, options: CallOptions): Promise<Kinds> {
    const asking =
      this.#asking.get(apiVersion) ?? this.#transport.share((signal) => this.#load(apiVersion, { signal }));
    this.#asking.set(apiVersion, asking);
    return asking.answer(options);
  }

  async #load(apiVersion: string, options: CallOptions): Promise<Kinds> {
    if (!apiVersion) throw new IsthmusError('BUG', 'an object has no apiVersion');
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const kinds = parse(await this.#transport.send({ method: 'GET', path, ...options }));
      this.#known.set(apiVersion, kinds);
      return kinds;
    } catch (error) {
      if (refusalStatus(error) === 404) return new Map();
      throw error;
    }
  }
}

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/** Subresources such as `pods/log` carry kinds of their own and are not where objects live. */
function parse(body: string): Kinds {
  const { resources = [] } = JSON.parse(body) as ResourceList;
  return new Map(
    resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]),
  );
}
