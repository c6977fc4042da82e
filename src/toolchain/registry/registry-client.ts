import { IsthmusError } from '../../errors/index.ts';
import { ask, downloadError } from '../sources/http.ts';
import { isAuthentic } from '../sources/published-checksum.ts';
import type { ImageReference } from './image-reference.ts';

export interface RegistryOptions {
  readonly signal: AbortSignal;
  /** Milliseconds within which each request must be answered. */
  readonly answerMs?: number | undefined;
}

export const registryHint =
  'check the network, set spec.istio.hub to a registry that can be reached or ISTHMUS_DOCKER_MIRROR to one with the images of docker.io, or take the upstream Envoy with `proxy: vanilla` for local clusters';

/**
 * One repository of a registry, read without credentials by the OCI Distribution API. Own code: the clients
 * on npm hold layers in memory and compare no digest of them.
 */
export class RegistryClient {
  readonly #image: ImageReference;
  readonly #options: RegistryOptions;
  #token: string | undefined;

  constructor(image: ImageReference, options: RegistryOptions) {
    this.#image = image;
    this.#options = options;
  }

  /** The answer to a path below the repository, `manifests/…` or `blobs/…`. Throws DOWNLOAD_FAILED or INTERRUPTED. */
  async get(path: string, accept: readonly string[] = ['*/*']): Promise<Response> {
    const url = this.urlOf(path);
    try {
      let response = await this.#ask(url, accept);
      if (response.status === 401) {
        await response.body?.cancel();
        this.#token = await this.#anonymousToken(response.headers.get('www-authenticate') ?? '');
        response = await this.#ask(url, accept);
      }
      if (response.ok) return response;
      await response.body?.cancel();
      throw new Error(refusal(response));
    } catch (error) {
      throw downloadError(url, error, { hint: registryHint, signal: this.#options.signal });
    }
  }

  urlOf(path: string): string {
    return `${this.#image.endpoint}/v2/${this.#image.repository}/${path}`;
  }

  #ask(url: string, accept: readonly string[]): Promise<Response> {
    const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    return ask(url, { ...this.#options, headers: { accept: accept.join(', '), ...authorization } });
  }

  /** A token for whoever asks, from where the registry's challenge says. */
  async #anonymousToken(challenge: string): Promise<string> {
    const stated = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    );
    if (!/^bearer /i.test(challenge) || !stated['realm'])
      throw new Error('the registry asks for a password, and isthmus has none');
    const realm = new URL(stated['realm']);
    if (!isAuthentic(realm.href)) throw new Error(`the registry sends to ${realm.origin}, which has no TLS`);
    if (stated['service']) realm.searchParams.set('service', stated['service']);
    realm.searchParams.set('scope', stated['scope'] ?? `repository:${this.#image.repository}:pull`);
    const response = await ask(realm.href, this.#options);
    if (!response.ok) throw new Error(`${realm.origin} gives no token: ${refusal(response)}`);
    const given = (await response.json()) as { token?: unknown; access_token?: unknown };
    const token = given.token ?? given.access_token;
    if (typeof token === 'string' && token !== '') return token;
    throw new Error(`${realm.origin} answered without a token`);
  }
}

function refusal({ status, headers }: Response): string {
  const after = headers.get('retry-after');
  switch (status) {
    case 401:
    case 403:
      return `it answered ${status}: it is not for everybody, and isthmus pulls without credentials`;
    case 429:
      return `it answered 429: too many requests from here${after ? `, again after ${after} s` : ''}`;
    default:
      return `it answered ${status}`;
  }
}

/** A digest that is not the one that was asked for. */
export function otherDigest(url: string, { actual, wanted }: { actual: string; wanted: string }) {
  return new IsthmusError('CHECKSUM_MISMATCH', `${url} has digest ${actual}, wanted is ${wanted}`, {
    hint: 'nothing of it was used; try again, and if it stays so, do not trust that registry',
  });
}
