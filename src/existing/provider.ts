import { IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import type {
  ClusterCapabilities,
  ClusterProvider,
  ProviderChange,
  ProviderContext,
} from '../provider/index.ts';
import type { Cidr, ClusterSpec, ExistingClusterSpec } from '../topology/index.ts';
import { auditExisting } from './audit.ts';
import { loadBalancerOf, requireCloud } from './clouds.ts';
import { type Connections, connections } from './connect.ts';
import { gatewayLoadBalancers } from './load-balancers.ts';
import { observeExistingCluster } from './observe.ts';
import { unreachableForPeers } from './reachability.ts';
import { requireRights } from './rights.ts';
import { existing } from './spec.ts';

/** Clusters that are there already, by kubeconfig contexts. It never makes or deletes one. */
export function existingProvider(): ClusterProvider {
  const to = connections();
  const client = ({ topology }: ProviderContext, cluster: ClusterSpec) =>
    to.client(topology, existing(cluster));
  return {
    name: 'existing',
    missingRequirements: async (context, clusters) =>
      (await Promise.all(clusters.map((spec) => requirementsOf(to, context, existing(spec))))).flat(),
    capabilities: (cluster) => capabilitiesOf(existing(cluster)),
    plan: (context, clusters) => Promise.all(clusters.map((spec) => planOne(to, context, existing(spec)))),
    ensure: async (context, cluster) => {
      await (await client(context, cluster)).version({ signal: context.signal });
      return false;
    },
    observe: (context, cluster) => observeExistingCluster(cluster.name, client(context, cluster), context),
    connection: ({ topology }, cluster) => to.connection(topology, existing(cluster)),
    loadBalancers: async (context, cluster) =>
      gatewayLoadBalancers(await client(context, cluster), { signal: context.signal }),
    sendsFrom: async (_, cluster, over) => blocksOf(existing(cluster), over),
    collectLogs: async () => [],
    list: async ({ topology }) => namesOf(topology.clusters),
    // What isthmus put into it is taken out through its API before; the cluster stays.
    remove: async () => {},
    audit: async (context) => {
      const ours = context.topology.clusters.filter(({ provider }) => provider === 'existing');
      const audits = ours.map((spec) => auditExisting(spec.name, client(context, spec), context));
      return (await Promise.all(audits)).flat();
    },
  };
}

/** Throws RANGES_UNKNOWN: nobody knows another's way to the internet. */
function blocksOf({ name, cidr }: ExistingClusterSpec, over: 'internet' | 'private'): Cidr[] {
  if (over === 'private' && cidr !== undefined) return [cidr];
  throw new IsthmusError('RANGES_UNKNOWN', `nobody knows from which addresses cluster ${name} sends`, {
    hint: 'write the blocks that it sends from instead of `peers`',
  });
}

const namesOf = (clusters: readonly ClusterSpec[]) =>
  clusters.filter(({ provider }) => provider === 'existing').map(({ name }) => name);

const capabilitiesOf = (spec: ExistingClusterSpec): ClusterCapabilities => ({
  proxy: spec.proxy ?? 'istio',
  size: spec.size ?? 'production',
  timeouts:
    spec.cloud === undefined
      ? { workloadsMs: 180_000, loadBalancersMs: 60_000 }
      : { workloadsMs: 600_000, loadBalancersMs: 600_000 },
  loadBalancers: { ingress: loadBalancerOf(spec, 'ingress'), eastWest: loadBalancerOf(spec, 'eastWest') },
});

/**
 * Also the rights, which are asked for in every cluster before the first write into any. A cluster that does
 * not answer keeps none of the others waiting; whoever works on it says so.
 */
async function requirementsOf(
  to: Connections,
  context: ProviderContext,
  spec: ExistingClusterSpec,
): Promise<Error[]> {
  const problems = await problemsOf(to, context, spec);
  if (problems.length > 0) return problems;
  try {
    const { topology, signal } = context;
    const client = await to.client(topology, spec);
    await requireRights(client, { signal });
    await requireCloud({ topology, spec, client, signal });
    return [];
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    return error.code === 'CLUSTER_UNREACHABLE' ? [] : [error];
  }
}

/** What stands in the way without asking any cluster: a missing context, an address that is of no use to others. */
async function problemsOf(
  to: Connections,
  { topology }: ProviderContext,
  spec: ExistingClusterSpec,
): Promise<Error[]> {
  try {
    const connection = await to.connection(topology, spec);
    const problem = topology.clusters.length > 1 ? unreachableForPeers(connection) : undefined;
    return problem ? [problem] : [];
  } catch (error) {
    if (isIsthmusError(error)) return [error];
    throw error;
  }
}

async function planOne(
  to: Connections,
  context: ProviderContext,
  spec: ExistingClusterSpec,
): Promise<ProviderChange> {
  const problems = await problemsOf(to, context, spec);
  // A context that leads nowhere is the answer of whoever connects by it.
  const told = problems.filter((error) => isIsthmusError(error) && error.code === 'MESH_FILE_INVALID');
  return {
    cluster: spec.name,
    action: 'none',
    what: `existing cluster of context ${spec.context}`,
    details: told.map(messageOf),
  };
}
