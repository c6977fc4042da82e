import { IsthmusError } from '../errors/index.ts';
import { connectionFromKubeconfig, type KubeConnection } from '../kubernetes/index.ts';
import type { ClusterProvider, ProviderContext } from '../provider/index.ts';
import type { ClusterSpec, LocalClusterSpec } from '../topology/index.ts';
import { auditMesh } from './audit.ts';
import { absent, nodeLoadBalancers } from './balancers.ts';
import { ensureNode, type LocalOptions } from './ensure.ts';
import { readIfThere } from './files.ts';
import { nodeLogs } from './logs.ts';
import { unmetRequirements } from './machine.ts';
import { clusterNames } from './node-record.ts';
import { observeNode, planNodes } from './observe.ts';
import { removeNode } from './remove.ts';
import { meshSite, nodeSite } from './site.ts';

/** Clusters of one node each in namespaces of this machine. Needs Linux and root. */
export function localProvider(options: LocalOptions = {}): ClusterProvider {
  return {
    name: 'local',
    unmet: () => unmetRequirements(),
    // Envoy comes from its own project's wheel, which has none of Istio's filters.
    traits: () => ({ proxy: 'vanilla', size: 'small', loadBalancer: { annotations: {} } }),
    plan: planNodes,
    ensure: (context, cluster) => ensureNode(context, local(cluster), options),
    observe: (context, { name }) => observeNode(context, name),
    connection: (context, { name }) => connect(context, name),
    loadBalancers: (context, { name }) => nodeLoadBalancers(context, name),
    collectLogs: (context, { name }) => nodeLogs(context, name),
    list: ({ topology }) => clusterNames(meshSite(topology.name)),
    remove: removeNode,
    audit: auditMesh,
  };
}

async function connect({ topology }: ProviderContext, cluster: string): Promise<KubeConnection> {
  const text = await readIfThere(nodeSite(meshSite(topology.name), cluster).adminKubeconfig);
  if (!text) throw absent(cluster);
  return connectionFromKubeconfig({ cluster, text });
}

/** Rehearsals put a local cluster behind another provider, so only the name of the kind may differ. */
function local(cluster: ClusterSpec): LocalClusterSpec {
  if (cluster.cidr === undefined) throw new IsthmusError('BUG', `local cluster ${cluster.name} has no cidr`);
  return { ...cluster, provider: 'local' } as LocalClusterSpec;
}
