import type { Readable } from 'node:stream';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { KubeConfiguration } from './kubeconfig/configuration.ts';

/** How to reach one cluster's API server. */
export interface KubeConnection {
  /** Cluster name as in the file. */
  readonly cluster: string;
  readonly config: KubeConfiguration;
  /** `https://host:port` as the *other* clusters' istiods must use it. */
  readonly apiServerForPeers: string;
  /** Name in the API server's certificate, when it is not that of `apiServerForPeers`. */
  readonly serverNameForPeers?: string | undefined;
  /** PEM of the CA that signed the API server's certificate, when not a public one. */
  readonly certificateAuthority: string | undefined;
}

/** Any Kubernetes object: apiVersion, kind, metadata and whatever else its kind has. */
export type KubeObject = KubernetesObject & { [key: string]: unknown };

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A page that a server in a pod has at a port of the pod's loopback. */
export interface PodPageRequest extends CallOptions {
  readonly port: number;
  /** With its slash and its query. */
  readonly path: string;
}

/** What a server in a pod answered. */
export interface PodPage {
  /** Of HTTP. */
  readonly status: number;
  readonly body: string;
}

/** What a command reads: a text, bytes, or a stream that ends when the command may end. */
export type ExecInput = string | Uint8Array | Readable;

export interface ExecOptions extends CallOptions {
  readonly stdin?: ExecInput | undefined;
  /** Takes standard output as it comes; the result's `stdout` stays empty then. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface CreateOptions extends CallOptions {
  readonly subresource?: { readonly of: ObjectRef; readonly name: string };
}

/** A field that another field manager set to another value than an apply would. */
export interface FieldConflict {
  readonly manager: string;
  /** `.spec.replicas` */
  readonly field: string;
}

/** What happened, or would happen, to one object. */
export interface ObjectChange {
  readonly cluster: string;
  readonly object: ObjectRef;
  readonly action: 'create' | 'update' | 'remove' | 'none';
  /** Changed paths such as `spec.replicas: 1 → 2`; secrets' data show only their keys. */
  readonly diff: readonly string[];
}

/**
 * One cluster's API, no more than isthmus needs. A missing object is `undefined`, not an error.
 * Every other refusal is API_REFUSED; no answer is CLUSTER_UNREACHABLE.
 */
export interface KubeClient {
  readonly cluster: string;
  readonly connection: KubeConnection;
  /** The same API server for whom a bearer token stands for. */
  withToken(token: string): KubeClient;
  /** `/version`'s gitVersion. */
  version(options?: CallOptions): Promise<string>;
  get<T extends KubeObject = KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(
    apiVersion: string,
    kind: string,
    options?: ListOptions,
  ): Promise<T[]>;
  /**
   * Server-side apply by the field manager `isthmus`, forced. `dryRun` changes nothing and returns
   * what would be. `before` is the live object if the caller just read it, null if there is none.
   */
  apply<T extends KubeObject = KubeObject>(
    object: KubeObject,
    options?: CallOptions & { dryRun?: boolean; before?: KubeObject | null },
  ): Promise<{ object: T; change: ObjectChange }>;
  /**
   * Fields that {@link apply} would take from other field managers, as a server-side dry run without force
   * tells them; changes nothing.
   */
  conflicts(object: KubeObject, options?: CallOptions): Promise<readonly FieldConflict[]>;
  /** JSON merge patch, optionally of a subresource such as `status` or `scale`. */
  patch<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    patch: object,
    options?: CallOptions & { subresource?: string },
  ): Promise<T>;
  /** POST an object (also to a subresource such as serviceaccounts/NAME/token) and return the answer. */
  create<T extends KubeObject = KubeObject>(object: KubeObject, options?: CreateOptions): Promise<T>;
  /** Gone is success. With a `version` only that one is removed: API_REFUSED with status 409 for another. */
  remove(ref: ObjectRef, options?: CallOptions & { wait?: boolean; version?: string }): Promise<void>;
  exec(
    pod: { namespace: string; name: string; container?: string | undefined },
    command: readonly string[],
    options?: ExecOptions,
  ): Promise<ExecResult>;
  /**
   * GET a page that a pod serves on its loopback, through a forwarded port. What the server answers is a result,
   * whatever its status; PORT_CLOSED where nobody listens or the port cannot be forwarded.
   */
  page(pod: { namespace: string; name: string }, request: PodPageRequest): Promise<PodPage>;
  logs(
    pod: { namespace: string; name: string; container?: string | undefined },
    options?: CallOptions & { tailLines?: number; previous?: boolean },
  ): Promise<string>;
  /** GET any path of the API server, as text (for /readyz, /metrics, proxy subresources). */
  raw(path: string, options?: CallOptions): Promise<string>;
}
