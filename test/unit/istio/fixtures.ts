import type { MeshCluster } from '../../../src/provider/index.ts';
import { type ClusterSpec, cidrOf, type Topology } from '../../../src/topology/index.ts';
import { internalGateways, plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { fakeClient } from './fake-client.ts';

export const clusterSpec = (name: string, index: number): ClusterSpec => ({
  name,
  index,
  provider: 'local',
  network: `network${index + 1}`,
  cidr: cidrOf(`10.${index + 1}.0.0/16`),
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  gateways: internalGateways,
});

export const topologyOf = (names: readonly string[], more: Partial<Topology> = {}): Topology => ({
  name: 'demo',
  file: undefined,
  meshID: 'mesh1',
  trustDomain: 'cluster.local',
  istio: {
    version: '1.31',
    hub: 'docker.io/istio',
    remoteSecretDays: 30,
    remoteAccess: 'auto',
    replicas: 3,
    mtls: 'strict',
  },
  trust: { algorithm: 'ecdsa-p256', rootYears: 10, intermediateDays: 365 },
  samples: true,
  services: [],
  sharedNamespaces: [],
  clusters: names.map(clusterSpec),
  ...more,
});

export const localCapabilities: MeshCluster['capabilities'] = {
  proxy: 'vanilla',
  size: 'small',
  patience: quickly,
  loadBalancers: plainLoadBalancers,
};

const cloudLoadBalancer = (scheme: string) => ({
  class: 'eks.amazonaws.com/nlb',
  annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': scheme },
  podTargets: true,
  statedHealthCheck: true,
  deregistrationSeconds: 60,
  readinessGate: { 'example.org/gate': 'enabled' },
});

export const cloudCapabilities: MeshCluster['capabilities'] = {
  proxy: 'istio',
  size: 'production',
  patience: quickly,
  loadBalancers: { ingress: cloudLoadBalancer('internet-facing'), eastWest: cloudLoadBalancer('internal') },
};

/** Clusters whose API servers are maps in memory. */
export const fakeClusters = (topology: Topology) =>
  topology.clusters.map((spec) => ({ spec, capabilities: localCapabilities, kube: fakeClient(spec.name) }));
