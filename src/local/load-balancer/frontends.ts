import { type Cidr, parseAddress } from '../../topology/index.ts';
import { allocateAddresses } from '../addresses/addressing.ts';
import { syncAddresses } from './addresses.ts';
import { healthCheckOf } from './health-check.ts';
import { type Listener, Relay } from './relay.ts';
import { type EndpointSliceObject, ingressOf, type ServiceObject, serviceKey } from './state.ts';
import { slicesOf, type Target, targetsOf } from './targets.ts';

/**
 * Addresses of all load balancers of a node: one of each block for every Service. The first block is
 * of the cluster's own family, which kube-proxy serves; the others are relayed, as a cloud's load
 * balancer translates between families.
 */
export class Frontends {
  readonly #device: string;
  readonly #blocks: readonly Cidr[];
  readonly #relays = new Map<string, Relay>();

  constructor(device: string, blocks: readonly Cidr[]) {
    this.#device = device;
    this.#blocks = blocks;
  }

  /** Make the device and the relays serve exactly these Services; their addresses by key. */
  async assign(
    services: readonly ServiceObject[],
    slices: readonly EndpointSliceObject[],
  ): Promise<Map<string, readonly string[]>> {
    const given = this.#blocks.map((block) =>
      allocateAddresses(
        block,
        services.map((service) => ({ key: serviceKey(service), current: addressIn(block, service) })),
      ),
    );
    for (const [at, block] of this.#blocks.entries())
      await syncAddresses(this.#device, block, new Set(given[at]?.values()));
    const relayed = given.slice(1).flatMap((addresses) =>
      services.flatMap((service) => {
        const address = addresses.get(serviceKey(service));
        return address === undefined ? [] : listenersOf(service, address, slices);
      }),
    );
    this.#relay(relayed);
    return new Map(
      services.map((service) => [
        serviceKey(service),
        given.flatMap((one) => one.get(serviceKey(service)) ?? []),
      ]),
    );
  }

  /** Take what is left of these blocks off the device. */
  async clear(blocks: readonly Cidr[]): Promise<void> {
    for (const block of blocks) await syncAddresses(this.#device, block, new Set());
  }

  #relay(wanted: readonly Listener[]): void {
    const byPlace = new Map(wanted.map((listener) => [placeOf(listener), listener]));
    for (const [place, relay] of this.#relays) {
      if (byPlace.has(place)) continue;
      relay.close();
      this.#relays.delete(place);
    }
    for (const [place, listener] of byPlace) {
      const relay = this.#relays.get(place);
      if (relay) relay.update(listener);
      else this.#relays.set(place, new Relay(listener, (error) => this.#lose(place, error)));
    }
  }

  /** Tried again when something changes. */
  #lose(place: string, error: Error): void {
    this.#relays.delete(place);
    process.emitWarning(`cannot listen on ${place}: ${error.message}`);
  }

  close(): void {
    this.#relay([]);
  }
}

const placeOf = ({ address, port }: Listener): string => `${address} port ${port}`;

const addressIn = (block: Cidr, service: ServiceObject): string | undefined =>
  ingressOf(service).find((ip) => block.contains(parseAddress(ip)));

/** TCP only: what a Service has of other protocols is served in the cluster's own family alone. */
export function listenersOf(
  service: ServiceObject,
  address: string,
  slices: readonly EndpointSliceObject[],
): Listener[] {
  const targets = targetsOf(service, slicesOf(service, slices), healthCheckOf(service));
  const usable = usableOf(targets);
  return (service.spec.ports ?? [])
    .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
    .map(({ port }) => ({
      address,
      port,
      sourceRanges: service.spec.loadBalancerSourceRanges ?? [],
      targets: usable.filter(({ listener }) => listener === port),
    }));
}

/**
 * As kube-proxy chooses, whose addresses are beside this one: ready ones, and without any those that serve while
 * they end (KEP-1669), as a gateway does until another is there.
 */
function usableOf(targets: readonly Target[]): readonly Target[] {
  const ready = targets.filter((target) => target.ready && !target.draining);
  return ready.length > 0 ? ready : targets.filter(({ serving, draining }) => serving && draining);
}
