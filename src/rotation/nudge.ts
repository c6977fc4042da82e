import { isIsthmusError } from '../errors/index.ts';
import { istiodPods, nudgePod, proxyPods, type StartedPod } from '../istio/index.ts';
import { allOf } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { onEach } from './context.ts';

/** A kubelet that is told more often does not look sooner. */
const pauseMs = 2000;

/**
 * Makes kubelets bring mounted Secrets and ConfigMaps up to date at once: a change of a pod makes
 * its kubelet look at its volumes, which it does by itself only every minute or two.
 */
export class Nudge {
  readonly #signal: AbortSignal;
  #last = 0;
  #nudged = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Nudge every pod of the mesh, unless that was just done. */
  async again(clusters: readonly MeshCluster[]): Promise<void> {
    if (Date.now() - this.#last < pauseMs) return;
    this.#last = Date.now();
    this.#nudged = true;
    await this.#annotate(clusters, new Date().toISOString(), this.#signal);
  }

  /** Take the annotation off again, also after an interruption. */
  async undo(clusters: readonly MeshCluster[]): Promise<void> {
    if (this.#nudged) await this.#annotate(clusters, null, AbortSignal.timeout(30_000));
    this.#nudged = false;
  }

  async #annotate(
    clusters: readonly MeshCluster[],
    value: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    await onEach(clusters, async (cluster) => {
      const options = { signal };
      const pods = await Promise.all([istiodPods(cluster, options), proxyPods(cluster, options)]);
      const all = pods.flat();
      await allOf(
        all.map((pod) => patch(cluster, pod, { value, signal })),
        { names: all.map(({ name }) => name), things: 'pods' },
      );
    });
  }
}

/** A pod that may not be nudged is brought up to date later, which the gates wait for. */
async function patch(
  cluster: MeshCluster,
  pod: StartedPod,
  change: { value: string | null; signal: AbortSignal },
): Promise<void> {
  try {
    await nudgePod(cluster, pod, change);
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'API_REFUSED') throw error;
  }
}
