import { IsthmusError } from '../../errors/index.ts';
import type { KubeClient, KubeConnection } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from './session.ts';

/**
 * A cluster to which there is no way yet. Each call tries to connect first and throws what that
 * throws, so that a check says of it why it could not look, and looks once there is a way.
 */
export async function lateCluster(session: Session, spec: ClusterSpec): Promise<MeshCluster> {
  const kube = new LateClient(spec.name, async () => (await session.cluster(spec)).kube);
  return { spec, kube, capabilities: await session.capabilities(spec) };
}

class LateClient implements KubeClient {
  readonly cluster: string;
  readonly #connect: () => Promise<KubeClient>;
  #client: KubeClient | undefined;

  constructor(cluster: string, connect: () => Promise<KubeClient>) {
    this.cluster = cluster;
    this.#connect = connect;
  }

  /** Throws CLUSTER_UNREACHABLE before the first call that got through. */
  get connection(): KubeConnection {
    if (this.#client) return this.#client.connection;
    throw new IsthmusError('CLUSTER_UNREACHABLE', `there is no connection to ${this.cluster} yet`, {
      hint: 'run `isthmus status` to see why',
    });
  }

  async #through(): Promise<KubeClient> {
    this.#client ??= await this.#connect();
    return this.#client;
  }

  withToken(token: string): KubeClient {
    return new LateClient(this.cluster, async () => (await this.#through()).withToken(token));
  }

  version: KubeClient['version'] = async (...given) => (await this.#through()).version(...given);
  get: KubeClient['get'] = async (...given) => (await this.#through()).get(...given);
  list: KubeClient['list'] = async (...given) => (await this.#through()).list(...given);
  apply: KubeClient['apply'] = async (...given) => (await this.#through()).apply(...given);
  conflicts: KubeClient['conflicts'] = async (...given) => (await this.#through()).conflicts(...given);
  patch: KubeClient['patch'] = async (...given) => (await this.#through()).patch(...given);
  create: KubeClient['create'] = async (...given) => (await this.#through()).create(...given);
  remove: KubeClient['remove'] = async (...given) => (await this.#through()).remove(...given);
  exec: KubeClient['exec'] = async (...given) => (await this.#through()).exec(...given);
  page: KubeClient['page'] = async (...given) => (await this.#through()).page(...given);
  logs: KubeClient['logs'] = async (...given) => (await this.#through()).logs(...given);
  raw: KubeClient['raw'] = async (...given) => (await this.#through()).raw(...given);
}
