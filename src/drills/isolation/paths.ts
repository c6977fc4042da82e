import { expectedEndpoints, type RunningPod, runningPods, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import { type Handshakes, type HandshakeVerdict, openHandshakes, type ProbePod } from '../../load/index.ts';
import type { Credential } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { hostPort } from '../../topology/index.ts';
import type { DrillContext } from '../drill.ts';
import type { Target } from '../frame/target.ts';

/** A way to the pods of one cluster. */
export interface Path {
  readonly title: string;
  /** Where it begins. */
  readonly from: ProbePod;
  /** Cluster of the pods that are asked. */
  readonly to: string;
  readonly via: 'pod' | 'gateway';
  readonly address: string;
}

/** Every way from every cluster to every cluster with pods: straight to a pod, or through its gateway. */
export async function pathsOf(
  context: Pick<DrillContext, 'clusters' | 'target' | 'signal'>,
): Promise<Path[]> {
  const { clusters, target, signal } = context;
  const found = await Promise.all(
    clusters.map(async (cluster) => {
      const from = await prober(cluster, signal);
      if (!from) return [];
      const name = cluster.spec.name;
      const { endpoints } = await expectedEndpoints({ clusters, from: name, service: target, signal });
      return endpoints.map(
        ({ address, port, cluster: to, via }): Path => ({
          title: via === 'pod' ? `${name} → a pod of ${to}` : `${name} → the gateway of ${to}`,
          from,
          to,
          via,
          address: hostPort({ address, port }),
        }),
      );
    }),
  );
  return found.flat();
}

async function prober(cluster: MeshCluster, signal: AbortSignal): Promise<ProbePod | undefined> {
  const [pod] = await runningPods(cluster, {
    namespace: SAMPLE_NAMESPACE,
    labelSelector: 'app=sleep',
    signal,
  });
  return pod && proxyContainer(cluster, pod);
}

/** The proxy's own container: what its user sends does not go through the proxy. */
export const proxyContainer = (cluster: MeshCluster, { namespace, name, node }: RunningPod): ProbePod => ({
  cluster,
  namespace,
  name,
  node,
  container: 'istio-proxy',
  folder: '/etc/istio/proxy',
});

export interface PathProbeOptions {
  readonly credential?: Credential | undefined;
  /** Of the service by default. */
  readonly serverName?: string | undefined;
}

/** Asks along paths, by a program in each pod that a path begins in. */
export class PathProber {
  readonly #context: Pick<DrillContext, 'reporter' | 'signal'>;
  readonly #programs = new Map<string, Promise<Handshakes>>();

  constructor(context: Pick<DrillContext, 'reporter' | 'signal'>) {
    this.#context = context;
  }

  /** Ask once for a service. */
  async probe(
    target: Target,
    { from, address }: Pick<Path, 'from' | 'address'>,
    { credential, serverName = sniOf(target) }: PathProbeOptions,
  ): Promise<HandshakeVerdict> {
    const program = await this.#programIn(from);
    const host = `${target.name}.${target.namespace}:${target.port}`;
    const protocols = ['istio-http/1.1', 'istio', 'http/1.1'];
    return program.attempt({ address, host, serverName, protocols, credential });
  }

  /** End the programs. */
  async close(): Promise<void> {
    for (const one of await Promise.allSettled(this.#programs.values()))
      if (one.status === 'fulfilled') one.value.close();
  }

  #programIn(pod: ProbePod): Promise<Handshakes> {
    const key = `${pod.cluster.spec.name} ${pod.name}`;
    const known = this.#programs.get(key) ?? openHandshakes({ pod, ...this.#options });
    this.#programs.set(key, known);
    return known;
  }

  get #options() {
    const { reporter, signal } = this.#context;
    return { reporter, signal };
  }
}

/** The name by which gateways between networks know the pods of a service, or of one subset of it. */
export const sniOf = (
  { port, host }: { readonly port: number; readonly host: string },
  subset = '',
): string => `outbound_.${port}_.${subset}_.${host}`;
