import { onTestFinished } from 'vitest';
import type { ObjectRef } from '../../../src/kubernetes/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { type ClusterSpec, cidrOf, type Topology } from '../../../src/topology/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { internalGateways, plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { topologyOf as existingTopologyOf } from '../../fakes/mesh/topology.ts';

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

export function topologyOf(names: readonly string[], more: Partial<Topology> = {}): Topology {
  const plain = existingTopologyOf([]);
  const istio = { ...plain.istio, replicas: 3 };
  return { ...plain, file: undefined, istio, clusters: names.map(clusterSpec), ...more };
}

export const localCapabilities: MeshCluster['capabilities'] = {
  proxy: 'vanilla',
  size: 'small',
  timeouts: quickly,
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
  timeouts: quickly,
  loadBalancers: { ingress: cloudLoadBalancer('internet-facing'), eastWest: cloudLoadBalancer('internal') },
};

/** A cluster with an API server, closed with the test, and what tests alone may ask of it. */
export interface FakeCluster extends MeshCluster {
  readonly server: FakeApiServer;
}

export const fakeClusters = (topology: Topology): Promise<FakeCluster[]> =>
  Promise.all(topology.clusters.map(fakeCluster));

async function fakeCluster(spec: ClusterSpec): Promise<FakeCluster> {
  const server = await FakeApiServer.start({ name: spec.name });
  onTestFinished(() => server.close());
  const kube = server.client({
    ...server.connection,
    apiServerForPeers: `https://${spec.name}.example:6443`,
    certificateAuthority: `authority of ${spec.name}\n`,
  });
  return { spec, capabilities: localCapabilities, kube, server };
}

export const placeOf = ({ server }: FakeCluster, { apiVersion, kind, namespace, name }: ObjectRef) =>
  server.placeOf({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } });

/** A JSON merge patch by somebody else than isthmus. */
export const edited = (cluster: FakeCluster, ref: ObjectRef, patch: object) =>
  cluster.server.store.merge(placeOf(cluster, ref), patch, { manager: 'somebody', dryRun: false });

/** A Secret's data as text; nothing if it is not there. */
export function dataOf(cluster: FakeCluster, ref: ObjectRef): Record<string, string> {
  const { data = {} } = (cluster.server.store.find(placeOf(cluster, ref)) ?? {}) as {
    data?: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}
