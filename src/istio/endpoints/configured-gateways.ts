import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { NETWORK_LABEL } from '../names.ts';
import { crossNetworkPort, gatewayNodes, gatewaysAt } from '../observe/gateway-address.ts';
import { namedServices } from './named-services.ts';
import { resolveAll } from './resolve-host.ts';
import type { GatewayAddresses } from './service-observation.ts';
import { addressEntries, type NamedEntry, type StatedNetwork } from './stated-networks.ts';

/** A way into a network by a Service of one cluster. */
export interface NamedGateway {
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
  readonly network: string;
  /** Its cluster. */
  readonly registry: string;
}

/**
 * Gateways that the mesh configuration of one istiod states, beside those that labels make: addresses, which are of no
 * cluster, and Services of any cluster that it reads (istio.io/istio pilot/pkg/model/network.go, reload, and
 * pilot/pkg/serviceregistry/kube/controller/network.go, reloadMeshNetworks).
 * @param named of each cluster that answers, its own among them
 */
export async function configuredGateways(
  networks: readonly StatedNetwork[],
  named: readonly NamedGateway[],
): Promise<Pick<GatewayAddresses, 'described' | 'unresolved'>> {
  const addressed = addressEntries(networks).map((one) => ({ ...one, registry: '' }));
  const found = await resolveAll([...addressed, ...named]);
  return {
    described: found.flatMap(({ facts, of: { network, registry } }) =>
      facts.map((fact) => ({ ...fact, network, registry })),
    ),
    unresolved: found.flatMap(({ refusal }) => refusal ?? []),
  };
}

/** Read the Services of one cluster that networks name, and where they are entered. */
export async function namedGateways(
  { kube, spec }: MeshCluster,
  entries: readonly NamedEntry[],
  options: CallOptions = {},
): Promise<NamedGateway[]> {
  const { services } = await namedServices(kube, entries, options);
  const nodes = await gatewayNodes(kube, services, options);
  return services.flatMap((service) =>
    gatewaysAt(service, { nodes, port: crossNetworkPort(service) }).map((gateway) => ({
      ...gateway,
      network: service.metadata?.labels?.[NETWORK_LABEL] ?? '',
      registry: spec.name,
    })),
  );
}
