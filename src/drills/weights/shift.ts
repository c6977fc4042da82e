import {
  expectedEndpoints,
  proxyClusters,
  type RunningPod,
  runningPods,
  SAMPLE_NAMESPACE,
  tlsProbe,
} from '../../istio/index.ts';
import { allOf, NotReady, waitUntil } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { DrillContext } from '../drill.ts';
import { requireNoPolicy } from '../traffic-policy.ts';
import {
  type HttpPool,
  routesThroughout,
  type Subset,
  subsetRule,
  type Weights,
  weightedRoutes,
} from './routes.ts';

/**
 * Traffic of every cluster to a service, shared out by weights. Subsets come first, and no route names
 * one before every caller's proxy has it and every gateway lets it through: until then its requests are reset.
 */
export class Shift {
  readonly #context: DrillContext;
  readonly #subsets: readonly Subset[];
  readonly #http: HttpPool | undefined;
  #turn = 0;

  /** @param http settings of the service's connection pool, for as long as the drill lasts */
  constructor(context: DrillContext, subsets: readonly Subset[], http?: HttpPool) {
    this.#context = context;
    this.#subsets = subsets;
    this.#http = http;
  }

  /** Make the subsets known everywhere. DRILL_BLOCKED if the service's traffic is shared out already. */
  async prepare(): Promise<void> {
    const { clusters, target, journal, signal } = this.#context;
    await requireNoPolicy(clusters, target, signal);
    const names = this.#subsets.map(({ name }) => name).join(', ');
    await this.#context.step(
      { phase: 'prepare', title: `subsets ${names}, known to proxies and gateways` },
      async () => {
        const object = subsetRule(target, this.#subsets, this.#http);
        for (const cluster of clusters) await journal.act(cluster, { kind: 'create', object });
        for (const cluster of clusters) await this.#known(cluster);
      },
    );
  }

  /** Share requests out anew in every cluster, and wait until every caller's proxy does so. */
  async to(weights: Weights): Promise<void> {
    const { clusters, target, journal } = this.#context;
    this.#turn += 1;
    const first = this.#turn === 1;
    const object = weightedRoutes(target, { weights, turn: this.#turn });
    const work = clusters.map((cluster) =>
      first ? journal.act(cluster, { kind: 'create', object }) : journal.revise(cluster, object),
    );
    await allOf(work, { names: clusters.map(({ spec }) => spec.name), things: 'clusters' });
    await this.#takenOver();
  }

  /** Each answer names the weights by which its caller's proxy chose. */
  async #takenOver(): Promise<void> {
    const { answers, settings, signal } = this.#context;
    const turn = String(this.#turn);
    const what = 'every caller’s proxy to take the new weights over';
    await waitUntil({ what, timeoutMs: 45_000, signal, delayMs: 100, maxDelayMs: 250 }, async () => {
      answers.alive();
      const behind = answers.callers.find(
        ({ records }) => !routesThroughout(records, { turn, rate: settings.rate }),
      );
      if (behind) throw new NotReady(`that of ${behind.from} has not`);
    });
  }

  async #known(cluster: MeshCluster): Promise<void> {
    const { clusters, target, signal } = this.#context;
    const from = cluster.spec.name;
    const [pod] = await runningPods(cluster, {
      namespace: SAMPLE_NAMESPACE,
      labelSelector: 'app=sleep',
      signal,
    });
    if (!pod) return;
    const what = `${from} to know the subsets of ${target.host}`;
    await waitUntil({ what, timeoutMs: 60_000, signal }, async () => {
      const { endpoints } = await expectedEndpoints({ clusters, from, service: target, signal });
      const all = await proxyClusters(cluster, pod, { signal });
      const known = new Set(all.map((one) => one.cluster));
      for (const subset of this.#subsets) {
        const name = `outbound|${target.port}|${subset.name}|${target.host}`;
        if (!known.has(name)) throw new NotReady(`its proxies know no endpoint of ${name}`);
        const gateways = endpoints.filter(
          (one) => one.via === 'gateway' && subset.clusters.includes(one.cluster),
        );
        for (const gateway of gateways) await this.#letsThrough({ cluster, pod, subset, gateway });
      }
    });
  }

  async #letsThrough({ cluster, pod, subset, gateway }: Way): Promise<void> {
    const { target, signal } = this.#context;
    const { address, port } = gateway;
    const serverName = `outbound_.${target.port}_.${subset.name}_.${target.host}`;
    const { state } = await tlsProbe({ cluster, pod, address, port, serverName, signal });
    if (state !== 'answered')
      throw new NotReady(`the gateway of ${gateway.cluster} does not let ${serverName} through`);
  }
}

interface Way {
  readonly cluster: MeshCluster;
  readonly pod: RunningPod;
  readonly subset: Subset;
  readonly gateway: { readonly address: string; readonly port: number; readonly cluster: string };
}
