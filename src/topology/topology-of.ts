import type { FileCluster } from './cluster-schema.ts';
import type { MeshFile } from './mesh-schema.ts';
import type { ClusterSpec, Topology } from './types.ts';
import { defaultZones } from './zones.ts';

/** The file's content as the rest of isthmus sees it. */
export function topologyOf(mesh: MeshFile, file: string | undefined): Topology {
  const { meshID, trustDomain, istio, trust, samples, clusters } = mesh.spec;
  return {
    name: mesh.metadata.name,
    file,
    meshID,
    trustDomain,
    istio,
    trust,
    samples,
    clusters: clusters.map(clusterOf),
  };
}

function clusterOf(cluster: FileCluster, index: number): ClusterSpec {
  const { name, ipFamily, gateways } = cluster;
  const common = { name, network: cluster.network ?? name, index, cidr: cluster.cidr, ipFamily, gateways };
  switch (cluster.provider) {
    case 'local':
      return { provider: 'local', ...common };
    case 'existing': {
      const { kubeconfig, context, apiServer, proxy, size } = cluster;
      return { provider: 'existing', ...common, kubeconfig, context, apiServer, proxy, size };
    }
    case 'eks':
      return {
        ...cluster,
        ...common,
        account: cluster.account,
        profile: cluster.profile,
        vpcId: cluster.vpcId,
        zones: cluster.zones ?? defaultZones(cluster.region),
      };
  }
}
