import { availableParallelism } from 'node:os';
import { IsthmusError } from '../errors/index.ts';
import { connectionFromKubeconfig, type KubeConnection } from '../kubernetes/index.ts';
import type { ClusterProvider, ProviderContext } from '../provider/index.ts';
import type { Cidr, ClusterSpec, LocalClusterSpec } from '../topology/index.ts';
import { meshSubnet, needsIPv6, nodeAddressing } from './addresses/addressing.ts';
import { auditMesh } from './audit.ts';
import { absent, nodeLoadBalancers } from './balancers.ts';
import { readIfThere } from './host/files.ts';
import { missingLocalRequirements } from './host/machine.ts';
import { readMeshRecord } from './host/mesh-network.ts';
import { meshPaths, nodePaths } from './host/paths.ts';
import { nodeLogs } from './logs.ts';
import { completeToolchain, ensureNode, type LocalOptions } from './node/ensure.ts';
import { apiServerForPeers } from './node/kubeconfigs.ts';
import { clusterNames, proxyOf, readNodeRecord } from './node/node-record.ts';
import { beginOutage } from './node/outage.ts';
import { removeNode } from './node/remove.ts';
import { observeNode, planNodes } from './observe.ts';

/** Clusters of one node each in namespaces of this machine. Needs Linux and root. */
export function localProvider(options: LocalOptions = {}): ClusterProvider {
  return {
    name: 'local',
    missingRequirements: (_, clusters) => missingLocalRequirements(clusters.some(needsIPv6)),
    capabilities: (cluster) => ({
      // Until the hub has been asked nobody knows that it can be reached.
      proxy: (cluster.provider === 'local' && cluster.proxy) || 'vanilla',
      size: 'small',
      // Of more, none gets anywhere: their API servers no longer answer in time.
      clustersAtOnce: 2 * availableParallelism(),
      timeouts: { workloadsMs: 180_000, loadBalancersMs: 60_000 },
      loadBalancers: { ingress: plainLoadBalancer, eastWest: plainLoadBalancer },
    }),
    proxyOf: async ({ topology }, cluster) =>
      (await proxyOf(meshPaths(topology.name), cluster as LocalClusterSpec)) ?? 'vanilla',
    plan: planNodes,
    ensure: (context, cluster) => ensureNode(context, local(cluster), options),
    observe: (context, { name }) => observeNode(context, name),
    connection: (context, cluster) => localConnection(context, local(cluster)),
    loadBalancers: (context, { name }) => nodeLoadBalancers(context, name),
    sendsFrom: nodeSubnets,
    complete: (context) => completeToolchain(context, options),
    outages: {
      begin: (context, { name }, part) => beginOutage(context, name, part),
      end: async (context, cluster) => void (await ensureNode(context, local(cluster), options)),
    },
    collectLogs: (context, { name }) => nodeLogs(context, name),
    list: ({ topology }) => clusterNames(meshPaths(topology.name)),
    remove: removeNode,
    audit: auditMesh,
  };
}

/**
 * kube-proxy and the controller's own relay send to pods. What learns of a pod's end by watching does so within
 * seconds, and one replica has to serve until the next is Ready.
 */
const plainLoadBalancer = {
  annotations: {},
  podTargets: true,
  statedHealthCheck: false,
  deregistrationSeconds: 10,
} as const;

/** Traffic leaves a node by its address on the mesh's bridge, whoever sent it. */
async function nodeSubnets({ topology }: ProviderContext, cluster: ClusterSpec): Promise<Cidr[]> {
  const mesh = await readMeshRecord(meshPaths(topology.name));
  if (!mesh) return [];
  return cluster.gatewayFamilies.map((family) => meshSubnet(mesh.subnet, family));
}

async function localConnection(
  { topology }: ProviderContext,
  spec: LocalClusterSpec,
): Promise<KubeConnection> {
  const paths = nodePaths(meshPaths(topology.name), spec.name);
  const [text, mesh, node] = await Promise.all([
    readIfThere(paths.adminKubeconfig),
    readMeshRecord(paths.mesh),
    readNodeRecord(paths),
  ]);
  if (!text) throw absent(spec.name);
  const at = mesh && node ? nodeAddressing(mesh.subnet, node.block, spec) : undefined;
  return connectionFromKubeconfig({
    cluster: spec.name,
    text,
    apiServerForPeers: at && apiServerForPeers(at, spec.gatewayFamilies),
  });
}

/** Rehearsals put a local cluster behind another provider, so only the name of the kind may differ. */
function local(cluster: ClusterSpec): LocalClusterSpec {
  if (cluster.cidr === undefined) throw new IsthmusError('BUG', `local cluster ${cluster.name} has no cidr`);
  return { ...cluster, provider: 'local' } as LocalClusterSpec;
}
