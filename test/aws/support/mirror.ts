import { setTimeout as delay } from 'node:timers/promises';
import { isIsthmusError } from '../../../src/errors/index.ts';
import type { ClusterProvider, LoadBalancer, ProviderContext } from '../../../src/provider/index.ts';
import type { EksClusterSpec } from '../../../src/topology/index.ts';
import type { Emulator } from '../emulator/emulator.ts';
import { eksNameOf } from './ground.ts';

/** Where a cluster's load balancers stand in the emulated VPC. */
export interface Site {
  readonly vpc: string;
  readonly subnets: readonly string[];
}

export interface MirrorOptions {
  readonly emulator: Emulator;
  /** The local provider, which sees the Services and what their targets are. */
  readonly ground: ClusterProvider;
  readonly context: ProviderContext;
  /** Undefined until the stack is made. */
  readonly siteOf: (spec: EksClusterSpec) => Promise<Site | undefined>;
}

/** Auto Mode's load-balancer controller: what the local one sees of each Service is entered into elbv2, and taken out with it. */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #known = new Map<string, { spec: EksClusterSpec; service: string }>();
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const spec of this.#options.context.topology.clusters) await this.#turn(spec as EksClusterSpec);
      await delay(500, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #turn(spec: EksClusterSpec): Promise<void> {
    const balancers = await this.#seen(spec);
    const site = balancers.length > 0 ? await this.#options.siteOf(spec) : undefined;
    const names = new Set(balancers.map((one) => `${one.namespace}/${one.service}`));
    if (site) for (const balancer of balancers) await this.#enter(spec, site, balancer);
    for (const [key, { spec: owner, service }] of this.#known) {
      if (owner !== spec || names.has(service)) continue;
      await this.#options.emulator.removeLoadBalancer(spec.region, this.#eksName(spec), service);
      this.#known.delete(key);
    }
  }

  async #seen(spec: EksClusterSpec): Promise<readonly LoadBalancer[]> {
    try {
      return await this.#options.ground.loadBalancers(this.#options.context, spec);
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE') return [];
      throw error;
    }
  }

  async #enter(spec: EksClusterSpec, site: Site, balancer: LoadBalancer): Promise<void> {
    const service = `${balancer.namespace}/${balancer.service}`;
    await this.#options.emulator.mirrorLoadBalancer(spec.region, {
      cluster: this.#eksName(spec),
      service,
      ...site,
      scheme: spec.gateways[/eastwest/.test(service) ? 'eastWest' : 'ingress'].exposure,
      listeners: balancer.listeners.map(({ port, targets }) => ({
        port,
        targets: targets.map(({ address, port: at, state, reason, description }) => ({
          address,
          port: at,
          state,
          ...(reason === undefined ? {} : { reason }),
          ...(description === undefined ? {} : { description }),
        })),
      })),
    });
    this.#known.set(`${spec.name} ${service}`, { spec, service });
  }

  #eksName(spec: EksClusterSpec): string {
    return eksNameOf(this.#options.context.topology.name, spec.name);
  }
}
