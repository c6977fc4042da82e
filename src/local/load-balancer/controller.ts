import { setTimeout as delay } from 'node:timers/promises';
import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { refusalStatus } from '../../kubernetes/index.ts';
import { type Cidr, cidrOf } from '../../topology/index.ts';
import { NodeApi } from '../node/api.ts';
import { Collection } from './collection.ts';
import { Frontends } from './frontends.ts';
import { type Health, nextHealth, unprobed } from './health.ts';
import { type HealthCheck, healthCheckOf } from './health-check.ts';
import { healthProbe } from './health-probe.ts';
import { type BalancerReport, Reports } from './reports.ts';
import { type EndpointSliceObject, ingressOf, isBalanced, type ServiceObject, serviceKey } from './state.ts';
import { slicesOf, type Target, targetsOf } from './targets.ts';
import { trimService, trimSlice } from './trim.ts';

/** load-balancer.json of a node. */
export interface ControllerConfig {
  readonly cluster: string;
  /** Text of its kubeconfig. */
  readonly kubeconfig: string;
  /** CIDRs of the addresses to give, one for each family; the cluster's own family first. */
  readonly blocks: readonly string[];
  /** CIDRs that once may have been among `blocks`. */
  readonly unused: readonly string[];
  readonly device: string;
}

const tickMs = 250;

/**
 * Serves Services of type LoadBalancer as the cloud would: an address in each family, and targets asked for
 * their health. Keeps no state: all of it is in the cluster and on the device, and is read again
 * after a restart.
 */
export class Controller {
  readonly #api: NodeApi;
  readonly #services: Collection<ServiceObject>;
  readonly #slices: Collection<EndpointSliceObject>;
  readonly #frontends: Frontends;
  readonly #unused: readonly Cidr[];
  readonly #reports: Reports;
  readonly #health = new Map<string, Health>();
  readonly #nextProbe = new Map<string, number>();
  #dirty = true;

  constructor(config: ControllerConfig) {
    this.#unused = config.unused.map(cidrOf);
    this.#frontends = new Frontends(config.device, config.blocks.map(cidrOf));
    this.#api = new NodeApi(config.cluster, config.kubeconfig);
    this.#reports = new Reports(this.#api);
    const onChange = () => {
      this.#dirty = true;
    };
    this.#services = new Collection(this.#api, '/api/v1/services', { trim: trimService, onChange });
    this.#slices = new Collection(this.#api, '/apis/discovery.k8s.io/v1/endpointslices', {
      trim: trimSlice,
      onChange,
    });
  }

  /** Serve until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#frontends.clear(this.#unused);
    await Promise.all([
      this.#services.follow(signal),
      this.#slices.follow(signal),
      this.#reconcileUntil(signal),
    ]);
    this.#frontends.close();
    this.#api.close();
  }

  async #reconcileUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#services.complete && this.#slices.complete) await this.#reconcile(signal);
      } catch (error) {
        // The API server is away: the next round finds the same difference.
        if (!isIsthmusError(error)) throw error;
        this.#dirty = true;
      }
      await delay(tickMs, undefined, { signal }).catch(() => {});
    }
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    const services = [...this.#services.items.values()].filter(isBalanced);
    if (this.#dirty) {
      this.#dirty = false;
      await this.#assign(services, signal);
    }
    const reports = await Promise.all(services.map((service) => this.#report(service)));
    this.#forget(reports);
    await this.#reports.write(reports, signal);
  }

  /** Addresses before status: who reads a status may connect at once. */
  async #assign(services: readonly ServiceObject[], signal: AbortSignal): Promise<void> {
    const addresses = await this.#frontends.assign(services, [...this.#slices.items.values()]);
    for (const service of services) {
      const ips = addresses.get(serviceKey(service)) ?? [];
      if (ips.length > 0 && ips.join() !== ingressOf(service).join())
        await this.#setStatus(service, ips, signal);
    }
  }

  /** A refusal of one Service, which may just have gone, keeps no other waiting; tried again when something changes. */
  async #setStatus({ metadata }: ServiceObject, ips: readonly string[], signal: AbortSignal): Promise<void> {
    const call = {
      method: 'PATCH',
      path: `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}/status`,
      body: { status: { loadBalancer: { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' })) } } },
      contentType: 'application/merge-patch+json',
      signal,
    } as const;
    await this.#api.send(call).catch((error: unknown) => {
      if (refusalStatus(error) === undefined) throw error;
      process.emitWarning(messageOf(error));
    });
  }

  async #report(service: ServiceObject): Promise<BalancerReport> {
    const check = healthCheckOf(service);
    const slices = slicesOf(service, [...this.#slices.items.values()]);
    const targets = targetsOf(service, slices, check);
    await this.#probeDue(serviceKey(service), targets, check);
    const health = (target: Target) => this.#health.get(idOf(serviceKey(service), target)) ?? unprobed;
    return { service, targets: targets.map((target) => ({ target, health: health(target) })) };
  }

  /** Each address and check port is asked once per interval, however many listeners share it. */
  async #probeDue(key: string, targets: readonly Target[], check: HealthCheck): Promise<void> {
    const now = Date.now();
    const due = new Map<string, Target>();
    for (const target of targets) {
      const id = idOf(key, target);
      if (!target.draining && (this.#nextProbe.get(id) ?? 0) <= now) due.set(id, target);
    }
    await Promise.all(
      [...due].map(async ([id, { address, checkPort }]) => {
        this.#nextProbe.set(id, now + check.intervalMs);
        const result = await healthProbe(address, checkPort, check);
        this.#health.set(id, nextHealth(this.#health.get(id) ?? unprobed, result, check));
      }),
    );
  }

  #forget(reports: readonly BalancerReport[]): void {
    const known = new Set(
      reports.flatMap(({ service, targets }) =>
        targets.map(({ target }) => idOf(serviceKey(service), target)),
      ),
    );
    for (const id of this.#nextProbe.keys()) {
      if (known.has(id)) continue;
      this.#nextProbe.delete(id);
      this.#health.delete(id);
    }
  }
}

const idOf = (key: string, { address, checkPort }: Target): string => `${key} ${address} ${checkPort}`;
