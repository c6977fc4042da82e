import { ensureRemoteSecrets, objectsOfService } from '../../src/istio/index.ts';
import { createRoot, issueIntermediate, issueLeaf, toSecretData } from '../../src/pki/index.ts';
import type { LoadBalancer, MeshCluster } from '../../src/provider/index.ts';
import { recordingReporter, silentReporter } from '../../src/report/index.ts';
import type { ClusterSpec, Topology } from '../../src/topology/index.ts';
import { connectionTo } from './api-server/connection.ts';
import { FakeApiServer } from './api-server.ts';
import type { ExecAnswer, ExecRequest } from './exec-door.ts';
import { plainLoadBalancers, quickly } from './gateways.ts';
import { istioKinds } from './kinds.ts';
import { objectsOf } from './mesh/objects.ts';
import { injecting, run } from './mesh/pods.ts';
import { addresses, type FakeClusterOrName, topologyOf, wishes } from './mesh/topology.ts';

const pair = ['eks-1', 'eks-2'];

/** One cluster of a fake mesh. */
export interface FakeMember {
  readonly server: FakeApiServer;
  readonly cluster: MeshCluster;
  /** Commands of its pods that a test answers itself, before the usual answers. */
  override: (request: ExecRequest) => ExecAnswer | undefined;
}

/**
 * Clusters in networks of their own, eks-1 and eks-2 unless others are named, each with what a mesh that is whole has: node, istiod,
 * east-west gateway, remote secrets, samples, configuration. Pods answer as istiod, Envoy and curl do.
 */
export class FakeMesh {
  readonly members: readonly FakeMember[];
  readonly topology: Topology;
  /** As the provider sees them; one for each gateway. */
  loadBalancers: (cluster: string) => Promise<readonly LoadBalancer[]>;

  private constructor(members: readonly FakeMember[], topology: Topology) {
    this.members = members;
    this.topology = topology;
    this.loadBalancers = async (name) => [balancerOf(this.member(name).cluster.spec)];
  }

  /** Servers without any object of a mesh. */
  static async empty(): Promise<FakeMesh> {
    const topology = topologyOf(pair);
    const members = await Promise.all(
      topology.clusters.map(async (spec): Promise<FakeMember> => {
        const server = await FakeApiServer.start({ name: spec.name });
        return { server, cluster: clusterOf(spec, server), override: () => undefined };
      }),
    );
    const mesh = new FakeMesh(members, topology);
    mesh.loadBalancers = async () => [];
    return mesh;
  }

  /** A mesh that every check passes. */
  static async healthy(given: readonly FakeClusterOrName[] = pair): Promise<FakeMesh> {
    const bare = topologyOf(given);
    const services = wishes(bare.clusters.map(({ name }) => name));
    const topology = { ...bare, services };
    const root = await createRoot({ algorithm: 'ecdsa-p256', years: 10 });
    const members = await Promise.all(
      topology.clusters.map(async (spec): Promise<FakeMember> => {
        const server = await FakeApiServer.start({ name: spec.name, kinds: istioKinds });
        return { server, cluster: clusterOf(spec, server), override: () => undefined };
      }),
    );
    const mesh = new FakeMesh(members, topology);
    for (const member of members) {
      const { spec } = member.cluster;
      const authority = await issueIntermediate({
        root,
        cluster: spec.name,
        meshName: 'demo',
        days: 365,
        algorithm: 'ecdsa-p256',
        trustDomain: 'cluster.local',
      });
      const leaf = await issueLeaf({
        issuer: authority,
        commonName: '',
        uris: ['spiffe://cluster.local/ns/sample/sa/default'],
        usages: ['server', 'client'],
        days: 1,
      });
      const { server } = member;
      const trust = { secret: toSecretData(authority, root), root: root.certificatePem };
      server.put(...objectsOf(spec, trust, topology.clusters));
      server.put(...services.flatMap((service) => objectsOfService(topology, service)));
      server.admit = injecting(server);
      const certificates = { chain: leaf.certificatePem + leaf.chainPem, root: root.certificatePem };
      server.exec = (request) => member.override(request) ?? run(request, { mesh, spec, certificates });
    }
    await ensureRemoteSecrets({
      topology,
      clusters: members.map(({ cluster }) => cluster),
      reporter: silentReporter,
      signal: new AbortController().signal,
    });
    mesh.forgetRequests();
    return mesh;
  }

  member(name: string): FakeMember {
    const found = this.members.find(({ cluster }) => cluster.spec.name === name);
    if (!found) throw new Error(`no cluster ${name}`);
    return found;
  }

  /** For one run of checks, whose requests bear this token. */
  async context(token = 'planted-token', signal = new AbortController().signal) {
    const clusters = await Promise.all(
      this.members.map(async ({ cluster, server }) => ({
        ...cluster,
        kube: server.client(await connectionTo(server.port, server.name, token)),
      })),
    );
    const loadBalancers = (name: string) => this.loadBalancers(name);
    return { topology: this.topology, clusters, loadBalancers, reporter: recordingReporter(), signal };
  }

  forgetRequests(): void {
    for (const { server } of this.members) {
      server.seen.length = 0;
      server.writes.length = 0;
      server.refused.length = 0;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ server }) => server.close()));
  }
}

/** A client with connections of its own, as every run of isthmus has. */
const clusterOf = (spec: ClusterSpec, server: FakeApiServer): MeshCluster => ({
  spec,
  kube: server.client(),
  capabilities: { proxy: 'vanilla', size: 'small', timeouts: quickly, loadBalancers: plainLoadBalancers },
});

function balancerOf(spec: ClusterSpec): LoadBalancer {
  const { gateway, pod } = addresses(spec);
  const target = { address: pod(11), port: 15443, zone: 'a', state: 'healthy' as const };
  return {
    cluster: spec.name,
    namespace: 'istio-ingress',
    service: 'istio-eastwestgateway',
    addresses: [gateway],
    listeners: [{ port: 15443, targets: [target] }],
  };
}

/** Each istiod's log has one more line for every time its remote secret was written. */
export function tellOfKubeconfigs(mesh: FakeMesh): void {
  for (const { server, cluster } of mesh.members) {
    const peer = cluster.spec.name === 'eks-1' ? 'eks-2' : 'eks-1';
    server.logs = () => {
      const version = server.store.find({
        kind: server.store.kindOf('v1', 'Secret'),
        namespace: 'istio-system',
        name: `istio-remote-secret-${peer}`,
      })?.metadata?.resourceVersion;
      return `info\tUpdate cluster ${version} cluster=${peer}\n`;
    };
  }
}
