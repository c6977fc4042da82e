import type { CallOptions, EndpointSlice, KubeObject, Pod, Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { groupBy } from '../../report/index.ts';
import { gatewayAddresses } from './endpoint-facts.ts';
import type { GatewayAddresses, ServiceObservation } from './service-observation.ts';
import type { ServiceRef } from './service-ref.ts';

/** All that one cluster has of services, read with one list of each kind however many services there are. */
export class ServicesObservation {
  readonly services: readonly Service[];
  readonly pods: readonly Pod[];
  readonly #nodes: readonly KubeObject[];
  readonly #gateways: GatewayAddresses;
  readonly #slices: ReadonlyMap<string, readonly EndpointSlice[]>;
  readonly #podsOf: ReadonlyMap<string, readonly Pod[]>;
  readonly #serviceOf = new Map<string, Service>();
  readonly #namespaces: ReadonlyMap<string, KubeObject>;

  constructor(lists: {
    readonly services: readonly Service[];
    readonly slices: readonly EndpointSlice[];
    readonly pods: readonly Pod[];
    readonly nodes: readonly KubeObject[];
    readonly namespaces: readonly KubeObject[];
    readonly gateways: GatewayAddresses;
  }) {
    this.services = lists.services;
    this.pods = lists.pods;
    this.#nodes = lists.nodes;
    this.#gateways = lists.gateways;
    this.#slices = groupBy(
      lists.slices,
      ({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`,
    );
    this.#podsOf = groupBy(lists.pods, ({ metadata }) => metadata?.namespace ?? '');
    for (const one of lists.services)
      this.#serviceOf.set(`${one.metadata?.namespace}/${one.metadata?.name}`, one);
    this.#namespaces = new Map(lists.namespaces.map((one) => [one.metadata?.name ?? '', one]));
  }

  /** The namespace itself, whose annotations are of account to its services. */
  namespace(name: string): KubeObject | undefined {
    return this.#namespaces.get(name);
  }

  /** The part of it that is about one service, as `observeService` reads it. */
  of({ namespace, name }: Pick<ServiceRef, 'namespace' | 'name'>): ServiceObservation {
    const key = `${namespace}/${name}`;
    return {
      service: this.#serviceOf.get(key),
      slices: this.#slices.get(key) ?? [],
      pods: this.#podsOf.get(namespace) ?? [],
      nodes: this.#nodes,
      gateways: this.#gateways,
    };
  }
}

/** Read what decides every service's endpoints in one cluster. Throws what its API server throws. */
export async function observeServices(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<ServicesObservation> {
  const { kube } = cluster;
  const [services, slices, pods, nodes, namespaces, gateways] = await Promise.all([
    kube.list<Service>('v1', 'Service', { signal }),
    kube.list<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', { signal }),
    kube.list<Pod>('v1', 'Pod', { signal }),
    kube.list('v1', 'Node', { signal }),
    kube.list('v1', 'Namespace', { signal }),
    gatewayAddresses(cluster, signal),
  ]);
  return new ServicesObservation({ services, slices, pods, nodes, namespaces, gateways });
}
