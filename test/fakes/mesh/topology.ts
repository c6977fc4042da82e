import { type ClusterSpec, cidrOf, type ServiceSpec, type Topology } from '../../../src/topology/index.ts';
import { internalGateways } from '../gateways.ts';

const wish = (name: string, index: number, more: Partial<ServiceSpec>): ServiceSpec => ({
  host: `${name}.shop`,
  name,
  namespace: 'shop',
  index,
  selector: { app: name },
  ...more,
});

/** What the file of a fake mesh wants of services, one of each wish. */
export const wishes = (names: readonly string[]): ServiceSpec[] => [
  wish('catalog', 0, { failover: names.slice(0, 2) }),
  wish('cart', 1, {
    split: { by: 'version', weights: { v1: 50, v2: 50 }, match: [] },
    access: [{ namespace: 'sample' }],
  }),
  wish('vault', 2, { residency: names }),
];
export const vaultHost = 'vault.shop.svc.cluster.local';
export const cartHost = 'cart.shop.svc.cluster.local';

/** What a cluster of a fake mesh is called, and where its Istio is. */
export interface FakeCluster {
  readonly name: string;
  readonly istioNamespace?: string | undefined;
}

/** A cluster, or its name. */
export type FakeClusterOrName = FakeCluster | string;

const fakeOf = (given: FakeClusterOrName): FakeCluster =>
  typeof given === 'string' ? { name: given } : given;

const specOf = ({ name, istioNamespace }: FakeCluster, index: number): ClusterSpec => ({
  name,
  index,
  provider: 'existing',
  context: `arn:fake/${name}`,
  istioNamespace,
  kubeconfig: undefined,
  apiServer: undefined,
  cloud: undefined,
  network: `network${index + 1}`,
  cidr: cidrOf(`10.${index + 1}.0.0/16`),
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  gateways: internalGateways,
});

export const topologyOf = (clusters: readonly FakeClusterOrName[]): Topology => ({
  name: 'demo',
  file: '/nowhere/mesh.yaml',
  meshID: 'mesh1',
  trustDomain: 'cluster.local',
  istio: {
    version: '1.31.0',
    hub: 'docker.io/istio',
    remoteSecretDays: 30,
    remoteAccess: 'auto',
    replicas: 1,
    mtls: 'strict',
  },
  trust: { algorithm: 'ecdsa-p256', rootYears: 10, intermediateDays: 365 },
  samples: true,
  services: [],
  sharedNamespaces: [],
  clusters: clusters.map(fakeOf).map(specOf),
});

/** Where what each cluster has is reached. */
export const addresses = ({ index }: ClusterSpec) => ({
  gateway: `192.0.2.${index + 1}`,
  helloworld: `10.${index + 1}.0.20`,
  pod: (last: number) => `10.${index + 1}.0.${last}`,
});
