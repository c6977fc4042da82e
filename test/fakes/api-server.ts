import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import {
  createClient,
  type KubeClient,
  type KubeConnection,
  type KubeObject,
  type ObjectRef,
} from '../../src/kubernetes/index.ts';
import { connectionTo } from './api-server/connection.ts';
import { listOf } from './api-server/lists.ts';
import { bearerOf, type Seen, send, statusOf } from './api-server/messages.ts';
import { discovery, parsePath } from './api-server/paths.ts';
import { write } from './api-server/writes.ts';
import { type Exec, type Kubelet, openExecDoor } from './exec-door.ts';
import { builtIn, type Kind } from './kinds.ts';
import { ObjectStore, type Place, Refused } from './object-store.ts';
import { Tokens } from './tokens.ts';

/** What a SelfSubjectAccessReview asks for. */
export interface ResourceAttributes {
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
}

/** An answer of the test's own; `hang` accepts the request and never answers. */
export type Answer = { status?: number; body: unknown } | 'hang';

/** How the server is: see api-server.md. */
export type Mode = 'healthy' | 'forbidding' | 'silent' | 'half-dead';

export interface FakeApiServerOptions {
  /** Cluster name; `fake` by default. */
  readonly name?: string;
  /** Kinds beside those that every API server has. */
  readonly kinds?: readonly Kind[];
  /** Answers before all else, for the edges of the protocol; undefined leaves it to the server. */
  readonly answer?: (request: Seen) => Answer | undefined;
  /** Serve HTTPS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whether a bearer token is accepted; every one by default. */
  readonly authenticate?: (token: string) => boolean | Promise<boolean>;
}

/** An HTTP API server on loopback with objects in memory. Its behaviour is written down in api-server.md. */
export class FakeApiServer {
  readonly name: string;
  readonly store: ObjectStore;
  readonly tokens: Tokens;
  readonly server: Server;
  readonly seen: Seen[] = [];
  /** `apply Kind/name`, `create …`, `update …` and `remove …` of what was really written, in order. */
  readonly writes: string[] = [];
  mode: Mode = 'healthy';
  /** What each kind does when half dead, by its plural and what is asked of it: an HTTP status, or the end of the connection. */
  sick: (plural: string, asked: URL) => 500 | 'reset' | undefined = () => undefined;
  /** Requests that sickness, silence or refusal met. */
  readonly refused: Seen[] = [];
  /** Objects in a page of a list at most. */
  pageSize = 500;
  version = 'v1.36.3';
  /** What mutating webhooks make of an object that is written. May throw {@link Refused}. */
  admit: (object: KubeObject) => KubeObject = (object) => object;
  /** May throw for a write, before it is carried out: `remove Secret/x`. */
  refuse: (write: string) => void = () => {};
  /** What a SelfSubjectAccessReview answers, for the token of whoever asks. */
  allows: (attributes: ResourceAttributes, token: string) => boolean = () => true;
  exec: Exec = () => undefined;
  /** A status for a WebSocket that is refused beside the mode. */
  refuseSocket: (url: string) => 403 | 404 | undefined = () => undefined;
  /** Speaks on the sockets of `pods/exec` in place of `exec`. */
  kubelet: Kubelet | undefined;
  /** What a pod has logged. */
  logs: (pod: string) => string = () => '';
  /** Awaited before each answer, so that a test says when it comes. */
  hold: () => Promise<void> | undefined = () => undefined;
  connection!: KubeConnection;
  readonly #options: FakeApiServerOptions;
  /** Upgraded ones are not among those that the server closes by itself. */
  readonly #sockets = new Set<Socket>();

  private constructor(options: FakeApiServerOptions) {
    this.#options = options;
    this.name = options.name ?? 'fake';
    this.store = new ObjectStore([...builtIn, ...(options.kinds ?? [])]);
    this.tokens = new Tokens(this.name);
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response);
    this.server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    openExecDoor(this.server, {
      exec: () => this.exec,
      kubelet: () => this.kubelet,
      refusal: (request) => this.#executing(request) ?? this.refuseSocket(request.url ?? ''),
      podExists: (namespace, name) =>
        this.store.find({ kind: this.store.kindOf('v1', 'Pod'), namespace, name }) !== undefined,
    });
  }

  static async start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
    const fake = new FakeApiServer(options);
    for (const name of ['default', 'kube-system', 'istio-system', 'istio-ingress', 'sample'])
      fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    fake.connection = await connectionTo(fake.port, fake.name);
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** A client of the product's own. */
  client(connection = this.connection): KubeClient {
    return createClient(connection);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** Put objects there as somebody else did, whatever was there before. */
  put(...objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const place = this.placeOf(object);
      if (this.store.find(place)) this.store.remove(place);
      this.store.create(place, object, { manager: 'somebody', dryRun: false });
    }
  }

  /** Take an object away as somebody else did. */
  drop({ apiVersion, kind, namespace, name }: ObjectRef): void {
    this.store.remove({ kind: this.store.kindOf(apiVersion, kind), namespace, name });
  }

  placeOf({ apiVersion = '', kind = '', metadata }: KubeObject): Place {
    return {
      kind: this.store.kindOf(apiVersion, kind),
      namespace: metadata?.namespace,
      name: metadata?.name ?? '',
    };
  }

  #executing({ url = '', headers }: IncomingMessage): 403 | 500 | 'silence' | 'reset' | undefined {
    const one = { method: 'GET', url, headers, body: '' };
    this.seen.push(one);
    const refused =
      this.mode === 'forbidding'
        ? 403
        : this.mode === 'silent'
          ? 'silence'
          : this.mode === 'half-dead'
            ? this.sick('pods/exec', new URL(url, 'http://fake'))
            : undefined;
    if (refused !== undefined) this.refused.push(one);
    return refused;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    this.seen.push(one);
    try {
      await this.hold();
      const own = this.#options.answer?.(one);
      if (own === 'hang') return;
      if (own) return send(response, own.status ?? 200, own.body);
      const answer = await this.#answer(one);
      if (answer === 'silence') return;
      if (answer === 'reset') return void request.socket.destroy();
      send(response, 200, answer);
    } catch (error) {
      if (!(error instanceof Refused))
        return send(response, 500, statusOf(500, 'InternalError', String(error)));
      const status = statusOf(error.status, error.reason, error.message);
      send(response, error.status, { ...status, details: { causes: error.causes } });
    }
  }

  async #answer(request: Seen): Promise<unknown> {
    const url = new URL(request.url, 'http://fake');
    if (!((await this.#options.authenticate?.(bearerOf(request))) ?? true))
      throw new Refused(401, 'Unauthorized', 'Unauthorized');
    if (this.tokens.issued(bearerOf(request)) && !this.#accepts(bearerOf(request)))
      throw new Refused(401, 'Unauthorized', 'Unauthorized');
    const met = this.#met(url);
    if (met !== undefined) this.refused.push(request);
    if (met === 'silence' || met === 'reset') return met;
    if (met === 403)
      throw new Refused(403, 'Forbidden', `forbidden: User "fake" cannot ${request.method} ${url.pathname}`);
    if (met === 500) throw new Refused(500, 'InternalError', 'internal error');
    if (url.pathname === '/version') return { gitVersion: this.version };
    if (url.pathname === '/readyz') return 'ok';
    return discovery(url.pathname, this.store.kinds) ?? this.#resource(request, url);
  }

  #met(url: URL): 403 | 500 | 'silence' | 'reset' | undefined {
    if (this.mode === 'forbidding') return 403;
    if (this.mode === 'silent') return 'silence';
    if (this.mode !== 'half-dead') return undefined;
    const plural = parsePath(url.pathname, this.store.kinds)?.kind.plural;
    return plural === undefined ? undefined : this.sick(plural, url);
  }

  #resource(request: Seen, url: URL): unknown {
    const target = parsePath(url.pathname, this.store.kinds);
    if (!target) throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
    const { kind, namespace, name, below } = target;
    if (request.method === 'GET' && name === undefined)
      return listOf(this, { kind, namespace }, url.searchParams);
    if (below === 'log') return this.#log({ kind, namespace, name: name ?? '' });
    if (request.method === 'GET') return this.store.get({ kind, namespace, name: name ?? '' });
    const body = (request.body ? JSON.parse(request.body) : {}) as KubeObject;
    if (kind.kind === 'TokenReview') return { ...body, status: { authenticated: this.#reviews(body) } };
    if (kind.kind === 'SelfSubjectAccessReview')
      return { ...body, status: { allowed: this.#allowed(request, body) } };
    if (below === 'token') return { ...body, status: { token: this.tokens.issue(body['spec'] as object) } };
    const place = { kind, namespace, name: name ?? body.metadata?.name ?? '' };
    return write(this, request, { url, place, body, below });
  }

  #log(pod: Place): string {
    this.store.get(pod);
    return this.logs(pod.name);
  }

  #allowed(request: Seen, review: KubeObject): boolean {
    const { resourceAttributes = {} } = review['spec'] as { resourceAttributes?: ResourceAttributes };
    return this.allows(resourceAttributes, bearerOf(request));
  }

  #reviews(review: KubeObject): boolean {
    const { token = '' } = review['spec'] as { token?: string };
    return this.#accepts(token);
  }

  #accepts(token: string): boolean {
    const uids = this.store.kinds
      .flatMap((kind) => this.store.list(kind, undefined))
      .map(({ metadata }) => metadata?.uid);
    return this.tokens.accepts(token, (uid) => uids.includes(uid));
  }
}
