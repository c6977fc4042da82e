import type { CallOptions } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { NETWORK_LABEL } from '../names.ts';
import { crossNetworkPort, gatewayNodes, gatewaysAt } from '../observe/gateway-address.ts';
import { namedServices } from './named-services.ts';
import { resolveAll } from './resolve-host.ts';
import type { GatewayAddresses } from './service-observation.ts';
import { addressEntries, namedEntries, type StatedNetwork } from './stated-networks.ts';

/**
 * Gateways that the mesh configuration of one istiod states, beside those that labels make: addresses, which are of no
 * cluster, and Services of any cluster that it reads (istio.io/istio pilot/pkg/model/network.go, reload, and
 * pilot/pkg/serviceregistry/kube/controller/network.go, reloadMeshNetworks).
 * @param clusters those that answer, its own among them
 */
export async function configuredGateways(
  networks: readonly StatedNetwork[],
  clusters: readonly MeshCluster[],
  { signal }: CallOptions = {},
): Promise<Pick<GatewayAddresses, 'described' | 'unresolved'>> {
  const addressed = addressEntries(networks).map((one) => ({ ...one, registry: '' }));
  const named = await Promise.all(clusters.map((cluster) => namedGateways(networks, cluster, { signal })));
  const found = await resolveAll([...addressed, ...named.flat()]);
  return {
    described: found.flatMap(({ facts, of: { network, registry } }) =>
      facts.map((fact) => ({ ...fact, network, registry })),
    ),
    unresolved: found.flatMap(({ refusal }) => refusal ?? []),
  };
}

async function namedGateways(
  networks: readonly StatedNetwork[],
  { kube, spec }: MeshCluster,
  options: CallOptions,
) {
  const entries = namedEntries(networks, spec.name);
  if (entries.length === 0) return [];
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
