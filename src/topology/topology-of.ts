import { gatewayFamiliesOf } from './gateway-families.ts';
import { networkOf } from './rules/indexed-cluster.ts';
import type { FileCluster } from './schema/cluster-schema.ts';
import type { MeshFile } from './schema/mesh-schema.ts';
import type { FileService } from './schema/service-schema.ts';
import type { ClusterSpec, GatewaySpec, RootSpec, ServiceSpec, Topology } from './types.ts';
import { carriedIstio, istioMinors } from './versions.ts';
import { defaultZones } from './zones.ts';

/** The file's content as the rest of isthmus sees it. */
export function topologyOf(mesh: MeshFile, file: string | undefined): Topology {
  const { meshID, trustDomain, istio, trust, samples, clusters, services, sharedNamespaces } = mesh.spec;
  return {
    name: mesh.metadata.name,
    file,
    meshID,
    trustDomain,
    // The minor alone stands for the patch that this isthmus carries.
    istio: { ...istio, version: istio.version === istioMinors[0] ? carriedIstio : istio.version },
    trust: { ...trust, root: trust.root && rootOf(trust.root) },
    samples,
    clusters: clusters.map((cluster, index) => clusterOf(cluster, index, clusters)),
    services: services.map(serviceOf),
    sharedNamespaces,
  };
}

const gatewayOf = (gateway: FileCluster['gateways']['ingress']): GatewaySpec => ({
  ...gateway,
  class: gateway.class,
});

function rootOf(root: NonNullable<MeshFile['spec']['trust']['root']>): RootSpec {
  const { certificate, key, passphraseFile, kms, privateCa, profile } = root;
  if (kms !== undefined) return { kind: 'kms', arn: kms, region: regionOf(kms), profile, certificate };
  if (privateCa !== undefined)
    return { kind: 'privateCa', arn: privateCa, region: regionOf(privateCa), profile };
  return { kind: 'files', certificate: certificate ?? '', key: key ?? '', passphraseFile };
}

/** The fourth part of an ARN. */
const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

function serviceOf(service: FileService, index: number): ServiceSpec {
  const [name = '', namespace = ''] = service.host.split('.');
  return { ...service, name, namespace, index, selector: service.selector ?? { app: name } };
}

function clusterOf(cluster: FileCluster, index: number, all: readonly FileCluster[]): ClusterSpec {
  const { name, cidr, ipFamily } = cluster;
  const gateways = {
    ingress: gatewayOf(cluster.gateways.ingress),
    eastWest: gatewayOf(cluster.gateways.eastWest),
  };
  const network = networkOf(cluster);
  const places = all.map((one) => ({ network: networkOf(one), ipFamily: one.ipFamily }));
  const gatewayFamilies = gatewayFamiliesOf({ network, ipFamily }, places);
  const common = { name, network, index, cidr, ipFamily, gatewayFamilies, gateways };
  switch (cluster.provider) {
    case 'local':
      return {
        provider: 'local',
        ...common,
        cidr: cluster.cidr,
        ...(cluster.proxy ? { proxy: cluster.proxy } : {}),
      };
    case 'existing': {
      const { kubeconfig, context, apiServer, istioNamespace, region, cloud, adopt, proxy, size } = cluster;
      const own = { kubeconfig, context, apiServer, istioNamespace, region, cloud, adopt, proxy, size };
      return { provider: 'existing', ...common, ...own };
    }
    case 'eks':
      return {
        ...cluster,
        ...common,
        account: cluster.account,
        profile: cluster.profile,
        cloudFormationRole: cluster.cloudFormationRole,
        permissionsBoundary: cluster.permissionsBoundary,
        vpcId: cluster.vpcId,
        zonesStated: cluster.zones !== undefined,
        zones: cluster.zones ?? (cluster.vpcId === undefined ? defaultZones(cluster.region) : []),
      };
  }
}
