import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import {
  connectionFromKubeconfig,
  createClient,
  type KubeClient,
  type KubeConnection,
  type KubeObject,
  type ObjectRef,
} from '../../src/kubernetes/index.ts';
import { type Exec, type Kubelet, openExecDoor } from './exec-door.ts';
import { builtIn, type Kind } from './kinds.ts';
import { ObjectStore, type Place, Refused } from './object-store.ts';
import { matchesFields, matchesLabels } from './selectors.ts';
import { Tokens } from './tokens.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const bearerOf = ({ headers }: Seen): string => (headers.authorization ?? '').replace(/^Bearer /, '');

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
  /** What each kind does when half dead, by its plural: an HTTP status, or the end of the connection. */
  sick: (plural: string) => 500 | 'reset' | undefined = () => undefined;
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
      refusal: (request) => this.#executing(request),
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
            ? this.sick('pods/exec')
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
    const met = this.#met(url.pathname);
    if (met !== undefined) this.refused.push(request);
    if (met === 'silence' || met === 'reset') return met;
    if (met === 403)
      throw new Refused(403, 'Forbidden', `forbidden: User "fake" cannot ${request.method} ${url.pathname}`);
    if (met === 500) throw new Refused(500, 'InternalError', 'internal error');
    if (url.pathname === '/version') return { gitVersion: this.version };
    if (url.pathname === '/readyz') return 'ok';
    return this.#discovery(url.pathname) ?? this.#resource(request, url);
  }

  #met(path: string): 403 | 500 | 'silence' | 'reset' | undefined {
    if (this.mode === 'forbidding') return 403;
    if (this.mode === 'silent') return 'silence';
    if (this.mode !== 'half-dead') return undefined;
    const plural = parsePath(path, this.store.kinds)?.kind.plural;
    return plural === undefined ? undefined : this.sick(plural);
  }

  #discovery(path: string): unknown {
    if (path === '/apis') return { kind: 'APIGroupList', groups: this.#groups() };
    const [, version] = /^\/(?:api|apis)\/([^/]+(?:\/[^/]+)?)$/.exec(path) ?? [];
    const kinds = this.store.kinds.filter(({ apiVersion }) => apiVersion === version);
    if (!version || kinds.length === 0) return undefined;
    const resources = kinds.map(({ kind, plural, namespaced }) => ({
      kind,
      name: plural,
      namespaced,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
    }));
    return { kind: 'APIResourceList', groupVersion: version, resources };
  }

  #groups(): object[] {
    const versions = new Map(
      this.store.kinds.flatMap(({ apiVersion }) => {
        const [group, version] = apiVersion.split('/');
        return version === undefined ? [] : [[group, apiVersion] as const];
      }),
    );
    return [...versions].map(([name, groupVersion]) => ({ name, preferredVersion: { groupVersion } }));
  }

  #resource(request: Seen, url: URL): unknown {
    const target = parsePath(url.pathname, this.store.kinds);
    if (!target) throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
    const { kind, namespace, name, below } = target;
    if (request.method === 'GET' && name === undefined) return this.#list(kind, namespace, url.searchParams);
    if (below === 'log') return this.#log({ kind, namespace, name: name ?? '' });
    if (request.method === 'GET') return this.store.get({ kind, namespace, name: name ?? '' });
    const body = (request.body ? JSON.parse(request.body) : {}) as KubeObject;
    if (kind.kind === 'TokenReview') return { ...body, status: { authenticated: this.#reviews(body) } };
    if (kind.kind === 'SelfSubjectAccessReview')
      return { ...body, status: { allowed: this.#allowed(request, body) } };
    if (below === 'token') return { ...body, status: { token: this.tokens.issue(body['spec'] as object) } };
    const place = { kind, namespace, name: name ?? body.metadata?.name ?? '' };
    return this.#write(request, { url, place, body, below });
  }

  #log(pod: Place): string {
    this.store.get(pod);
    return this.logs(pod.name);
  }

  #list(kind: Kind, namespace: string | undefined, query: URLSearchParams): unknown {
    const all = this.store
      .list(kind, namespace)
      .filter((one) => matchesLabels(one, query.get('labelSelector') ?? ''))
      .filter((one) => matchesFields(one, query.get('fieldSelector') ?? ''));
    const from = Number(query.get('continue') ?? 0);
    const to = from + Math.min(Number(query.get('limit') ?? all.length), this.pageSize);
    const items = all.slice(from, to).map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
    const metadata = to < all.length ? { continue: String(to) } : {};
    return { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items };
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

  #write(
    { method, headers }: Seen,
    { url, place, body, below }: { url: URL; place: Place; body: KubeObject; below: string | undefined },
  ): KubeObject {
    const query = url.searchParams;
    const writing = {
      manager: query.get('fieldManager') ?? 'unknown',
      dryRun: query.get('dryRun') === 'All',
    };
    const applies = method === 'PATCH' && headers['content-type']?.startsWith('application/apply-patch');
    const verb = applies ? 'apply' : ({ POST: 'create', DELETE: 'remove' }[method] ?? 'update');
    const what = `${verb} ${place.kind.kind}/${place.name}`;
    this.#refuseWrite(what, place, method);
    const before = this.store.find(place);
    const after = this.#carryOut(
      { method, applies, force: query.get('force') === 'true' },
      { place, body, writing, below },
    );
    const same = before?.metadata?.resourceVersion === after.metadata?.resourceVersion && verb !== 'remove';
    if (!writing.dryRun && !same) this.writes.push(what);
    if (!writing.dryRun && verb !== 'remove') this.#controlTokens(place);
    return after;
  }

  /** The token controller: each Secret of the type gets a token that lives as long as the Secret. */
  #controlTokens(place: Place): void {
    const secret = this.store.find(place);
    if (secret?.['type'] !== 'kubernetes.io/service-account-token') return;
    const { data } = secret as { data?: { token?: string } };
    if (data?.token) return;
    const token = this.tokens.issueLasting({ name: place.name, uid: secret.metadata?.uid ?? '' });
    const written = { data: { token: Buffer.from(token).toString('base64') } };
    this.store.merge(place, written, { manager: 'kube-controller-manager', dryRun: false });
  }

  #refuseWrite(what: string, { kind, namespace }: Place, method: string): void {
    try {
      this.refuse(what);
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(403, 'Forbidden', String(error));
    }
    const home = {
      kind: this.store.kindOf('v1', 'Namespace'),
      namespace: undefined,
      name: namespace ?? 'default',
    };
    if (kind.namespaced && method !== 'DELETE' && !this.store.find(home))
      throw new Refused(404, 'NotFound', `namespaces "${namespace}" not found`);
  }

  #carryOut(
    { method, applies, force }: { method: string; applies: boolean | undefined; force: boolean },
    {
      place,
      body,
      writing,
      below,
    }: {
      place: Place;
      body: KubeObject;
      writing: { manager: string; dryRun: boolean };
      below: string | undefined;
    },
  ): KubeObject {
    if (method === 'DELETE') {
      const { preconditions = {} } = body as { preconditions?: { resourceVersion?: string } };
      return this.store.remove(place, preconditions.resourceVersion);
    }
    if (method === 'POST') return this.store.create(place, this.admit(body), writing);
    if (method === 'PUT') return this.store.replace(place, this.admit(body), writing);
    if (applies) return this.store.apply(place, this.admit(body), { ...writing, force });
    const patch = below === 'scale' ? { spec: body['spec'] } : body;
    return this.store.merge(place, patch, writing);
  }
}

/** A connection by plain HTTP. */
export function connectionTo(port: number, name = 'fake', token = 'planted-token'): Promise<KubeConnection> {
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const text = JSON.stringify({
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
  return connectionFromKubeconfig({ cluster: name, text });
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly below: string | undefined;
}

function parsePath(path: string, kinds: readonly Kind[]): Target | undefined {
  const [, core, group, rest = ''] = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/(.+)$/.exec(path) ?? [];
  const apiVersion = core ?? group;
  const parts = rest.split('/').map(decodeURIComponent);
  const within =
    parts[0] === 'namespaces' && parts.length > 2 && kinds.some((kind) => kind.plural === parts[2]);
  const [plural, name, below] = within ? parts.slice(2) : parts;
  const kind = kinds.find((one) => one.apiVersion === apiVersion && one.plural === plural);
  return kind && { kind, namespace: within ? parts[1] : undefined, name, below };
}

const statusOf = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason,
  message,
  code,
});

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
