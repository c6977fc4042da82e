import { diffObjects } from '../apply/diff.ts';
import { connectionAs } from '../kubeconfig/connection-as.ts';
import { refOf } from '../object-ref.ts';
import type {
  CallOptions,
  CreateOptions,
  ExecOptions,
  ExecResult,
  FieldConflict,
  KubeClient,
  KubeConnection,
  KubeObject,
  ListOptions,
  ObjectChange,
  ObjectRef,
  PodPage,
  PodPageRequest,
} from '../types.ts';
import { alreadyApplied } from './already-applied.ts';
import { ApiError, refusalStatus } from './api-error.ts';
import {
  collectionOf,
  commandQuery,
  deletionOf,
  leavesNothing,
  type Page,
  pathOf,
  pick,
  podPath,
  queryOf,
} from './api-path.ts';
import { Credentials } from './credentials.ts';
import { Discovery } from './discovery.ts';
import { gone } from './gone.ts';
import { Transport } from './transport.ts';

/** The one field manager that isthmus writes as. */
export const fieldManager = 'isthmus';

const clients = new WeakMap<KubeConnection, KubeClient>();

/** The client of a connection, one for all who ask by it; nothing is sent before its first call. */
export function createClient(connection: KubeConnection): KubeClient {
  const client = clients.get(connection) ?? new Client(connection);
  clients.set(connection, client);
  return client;
}

const applyPatch = 'application/apply-patch+yaml';

type Pod = { namespace: string; name: string; container?: string | undefined };

class Client implements KubeClient {
  readonly connection: KubeConnection;
  readonly #transport: Transport;
  readonly #discovery: Discovery;

  constructor(connection: KubeConnection, known?: { transport: Transport; discovery: Discovery }) {
    this.connection = connection;
    this.#transport = known?.transport ?? new Transport(connection.cluster, new Credentials(connection));
    this.#discovery = known?.discovery ?? new Discovery(this.#transport);
  }

  get cluster(): string {
    return this.connection.cluster;
  }

  withToken(token: string): KubeClient {
    const connection = connectionAs(this.connection, { token });
    const transport = this.#transport.as(new Credentials(connection));
    return new Client(connection, { transport, discovery: this.#discovery });
  }

  async version(options: CallOptions = {}): Promise<string> {
    const { gitVersion } = JSON.parse(await this.raw('/version', options)) as { gitVersion: string };
    return gitVersion;
  }

  async get<T extends KubeObject>(ref: ObjectRef, options: CallOptions = {}): Promise<T | undefined> {
    const resource = await this.#discovery.find(ref.apiVersion, ref.kind, pick(options));
    if (!resource) return undefined;
    try {
      return await this.#json<T>({ method: 'GET', path: pathOf(ref, resource), ...pick(options) });
    } catch (error) {
      if (refusalStatus(error) === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    apiVersion: string,
    kind: string,
    options: ListOptions = {},
  ): Promise<T[]> {
    const call = pick(options);
    const resource = await this.#discovery.find(apiVersion, kind, call);
    if (!resource) return [];
    const path = collectionOf(apiVersion, resource, options.namespace);
    const items: T[] = [];
    let next: string | undefined;
    do {
      const query = queryOf({
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: '500',
        continue: next,
      });
      const page = await this.#json<Page<T>>({ method: 'GET', path: path + query, ...call });
      for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind });
      next = page.metadata?.continue || undefined;
    } while (next);
    return items;
  }

  async apply<T extends KubeObject>(
    object: KubeObject,
    options: CallOptions & { dryRun?: boolean; before?: KubeObject | null } = {},
  ): Promise<{ object: T; change: ObjectChange }> {
    const ref = refOf(object);
    const before =
      options.before === undefined ? await this.get(ref, options) : (options.before ?? undefined);
    if (before && alreadyApplied(object, before, fieldManager))
      return { object: before as T, change: this.#change(ref, before, before) };
    const after = await this.#write(object, before, options);
    return { object: after as T, change: this.#change(ref, before, after) };
  }

  async #write(
    object: KubeObject,
    before: KubeObject | undefined,
    options: CallOptions & { dryRun?: boolean },
  ): Promise<KubeObject> {
    const ref = refOf(object);
    const call = pick(options);
    const find = options.dryRun ? 'find' : 'expect';
    const resource = await this.#discovery[find](ref.apiVersion, ref.kind, call);
    // A dry run cannot see into a kind or namespace that the real run would have made by then.
    if (!resource) return object;
    const query = queryOf({ fieldManager, force: 'true', dryRun: options.dryRun ? 'All' : undefined });
    const path = pathOf(ref, resource) + query;
    try {
      return await this.#json({ method: 'PATCH', path, contentType: applyPatch, body: object, ...call });
    } catch (error) {
      if (options.dryRun && !before && refusalStatus(error) === 404) return object;
      throw error;
    }
  }

  async conflicts(object: KubeObject, options: CallOptions = {}): Promise<readonly FieldConflict[]> {
    const ref = refOf(object);
    const resource = await this.#discovery.find(ref.apiVersion, ref.kind, pick(options));
    if (!resource) return [];
    const path = pathOf(ref, resource) + queryOf({ fieldManager, dryRun: 'All' });
    try {
      await this.#json({ method: 'PATCH', path, contentType: applyPatch, body: object, ...pick(options) });
      return [];
    } catch (error) {
      if (error instanceof ApiError && error.conflicts.length > 0) return error.conflicts;
      throw error;
    }
  }

  #change(ref: ObjectRef, before: KubeObject | undefined, after: KubeObject): ObjectChange {
    if (!before) return { cluster: this.cluster, object: ref, action: 'create', diff: [] };
    const diff = diffObjects(before, after);
    return { cluster: this.cluster, object: ref, action: diff.length === 0 ? 'none' : 'update', diff };
  }

  async patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: object,
    options: CallOptions & { subresource?: string } = {},
  ): Promise<T> {
    const resource = await this.#discovery.expect(ref.apiVersion, ref.kind, pick(options));
    const below = options.subresource ? `/${options.subresource}` : '';
    const path = pathOf(ref, resource) + below + queryOf({ fieldManager });
    const contentType = 'application/merge-patch+json';
    return this.#json<T>({ method: 'PATCH', path, contentType, body: patch, ...pick(options) });
  }

  async create<T extends KubeObject>(object: KubeObject, options: CreateOptions = {}): Promise<T> {
    const path = (await this.#creationPath(object, options)) + queryOf({ fieldManager });
    const repeatable = leavesNothing(object);
    return this.#json<T>({ method: 'POST', path, body: object, repeatable, ...pick(options) });
  }

  async #creationPath(object: KubeObject, options: CreateOptions): Promise<string> {
    const { of, name } = options.subresource ?? {};
    const target = of ?? refOf(object);
    const resource = await this.#discovery.expect(target.apiVersion, target.kind, pick(options));
    if (of) return `${pathOf(of, resource)}/${name}`;
    return collectionOf(target.apiVersion, resource, target.namespace);
  }

  async remove(
    ref: ObjectRef,
    options: CallOptions & { wait?: boolean; version?: string } = {},
  ): Promise<void> {
    const resource = await this.#discovery.find(ref.apiVersion, ref.kind, pick(options));
    if (!resource) return;
    const body = deletionOf(options.version);
    const call = { signal: options.signal, ...(options.wait ? {} : { timeoutMs: options.timeoutMs }) };
    try {
      await this.#transport.send({ method: 'DELETE', path: pathOf(ref, resource), body, ...call });
    } catch (error) {
      if (refusalStatus(error) === 404) return;
      throw error;
    }
    if (options.wait) await gone(this, ref, options);
  }

  async exec(pod: Pod, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { exec } = await import('./exec.ts');
    const path = `${podPath(pod)}/exec?${commandQuery(command, pod.container, options.stdin !== undefined)}`;
    return exec(this.#transport, { cluster: this.cluster, path, ...options });
  }

  async page(pod: Pod, { port, path: page, ...options }: PodPageRequest): Promise<PodPage> {
    const { portPage } = await import('./port-page.ts');
    const path = `${podPath(pod)}/portforward?ports=${port}`;
    return portPage(this.#transport, { cluster: this.cluster, path, page, ...options });
  }

  async logs(
    pod: Pod,
    options: CallOptions & { tailLines?: number; previous?: boolean } = {},
  ): Promise<string> {
    const query = queryOf({
      container: pod.container,
      tailLines: options.tailLines?.toString(),
      previous: options.previous ? 'true' : undefined,
    });
    return this.raw(`${podPath(pod)}/log${query}`, options);
  }

  raw(path: string, options: CallOptions = {}): Promise<string> {
    return this.#transport.send({ method: 'GET', path, accept: '*/*', ...pick(options) });
  }

  async #json<T>(call: Parameters<Transport['send']>[0]): Promise<T> {
    const body = await this.#transport.send(call);
    try {
      return JSON.parse(body) as T;
    } catch {
      const refusal = { status: 200, reason: undefined, message: 'the answer is not JSON' };
      const message = `${this.cluster} answered ${call.path} with something else than JSON`;
      throw new ApiError(message, refusal, undefined);
    }
  }
}
