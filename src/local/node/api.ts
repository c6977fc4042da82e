import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { type Access, type ApiCredentials, refusalStatus, Transport } from '../../kubernetes/index.ts';

/**
 * Credentials of one of this room's kubeconfigs, which are JSON. The library's reader of kubeconfigs
 * would cost a third of a second and tens of megabytes.
 */
class NodeCredentials implements ApiCredentials {
  readonly server: string;
  readonly #read: () => Access & { readonly agent: Agent };
  #access: (Access & { readonly agent: Agent }) | undefined;

  constructor(kubeconfigText: string) {
    const { server, tls } = parse(kubeconfigText);
    this.server = server;
    this.#read = () => {
      const options = tls();
      return { headers: {}, tls: options, agent: new Agent({ ...options, keepAlive: true, maxSockets: 8 }) };
    };
  }

  async access(): Promise<Access> {
    this.#access ??= this.#read();
    return this.#access;
  }

  /** Certificates that a file names may have been renewed. */
  forget(): void {
    this.#access?.agent.destroy();
    this.#access = undefined;
  }
}

/** The few requests that a node's own start and its load-balancer controller need. */
export class NodeApi extends Transport {
  /** `kubeconfigText` is one that this room wrote; files that it names are read at the first request. */
  constructor(cluster: string, kubeconfigText: string) {
    super(cluster, new NodeCredentials(kubeconfigText));
  }

  /** The parsed object; undefined if it is not there. Throws as {@link Transport.send}. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return JSON.parse(await this.send({ method: 'GET', path, signal, once: true })) as T;
    } catch (error) {
      if (refusalStatus(error) === 404) return undefined;
      throw error;
    }
  }

  /** Let go of the connections. */
  close(): void {
    this.credentials.forget();
  }
}

function parse(text: string) {
  const document = JSON.parse(text) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const [{ cluster }] = document.clusters;
  const [{ user }] = document.users;
  const bytes = (from: Record<string, string>, key: string) => {
    const data = from[`${key}-data`];
    return data === undefined ? readFileSync(from[key] ?? '') : Buffer.from(data, 'base64');
  };
  const tls = () => ({
    ca: bytes(cluster, 'certificate-authority'),
    cert: bytes(user, 'client-certificate'),
    key: bytes(user, 'client-key'),
  });
  return { server: cluster['server'] ?? '', tls };
}
