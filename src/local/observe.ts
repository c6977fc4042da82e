import { isIsthmusError } from '../errors/index.ts';
import { NotReady } from '../process/index.ts';
import type { ClusterObservation, ProviderChange, ProviderContext } from '../provider/index.ts';
import type { ClusterSpec } from '../topology/index.ts';
import { type MeshPaths, meshPaths, type NodePaths, nodePaths } from './host/paths.ts';
import type { NodeApi } from './node/api.ts';
import { firstProcess } from './node/first-process.ts';
import {
  balancersOf,
  clusterNames,
  familyOf,
  type NodeRecord,
  proxyOfRecord,
  readNodeRecord,
} from './node/node-record.ts';
import { nodeApi, whyNodeIsNotReady } from './node/readiness.ts';
import { runningServiceNames, serviceStates } from './node/supervision.ts';

/** State of one node in one line; looks only. */
export async function observeNode(context: ProviderContext, cluster: string): Promise<ClusterObservation> {
  const paths = nodePaths(meshPaths(context.topology.name), cluster);
  const seen = (state: ClusterObservation['state'], detail: string, version?: string) => ({
    cluster,
    state,
    detail,
    version,
  });
  if ((await readNodeRecord(paths)) === undefined) return seen('absent', 'no node');
  if (!(await firstProcess(paths))) return seen('failed', 'the node does not run; `isthmus up` starts it');
  const api = await nodeApi(paths);
  if (!api) return seen('starting', 'the node has no API server yet');
  try {
    const version = await versionOf(api, context.signal);
    if (!version) return seen('unreachable', 'the API server does not answer');
    const reason = await whyNodeIsNotReady(api, { name: cluster, signal: context.signal });
    if (reason) return seen('degraded', `the node is not Ready: ${reason}`, version);
    const stopped = await stoppedNow(paths);
    if (stopped.length > 0) return seen('degraded', `not running: ${stopped.join(', ')}`, version);
    return seen('ready', `${(await runningServiceNames(paths)).length} processes run`, version);
  } catch (error) {
    if (error instanceof NotReady) return seen('starting', error.message);
    throw error;
  } finally {
    api.close();
  }
}

async function versionOf(api: NodeApi, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await api.get<{ gitVersion: string }>('/version', signal))?.gitVersion;
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'CLUSTER_UNREACHABLE' && !signal.aborted) return undefined;
    throw error;
  }
}

const stoppedNow = async (paths: NodePaths): Promise<string[]> =>
  Object.entries(await serviceStates(paths)).flatMap(([name, state]) => (state === 'run' ? [] : [name]));

/** One line per wanted cluster, and one per cluster that the file no longer has. */
export async function planNodes(
  context: ProviderContext,
  clusters: readonly ClusterSpec[],
): Promise<ProviderChange[]> {
  const mesh = meshPaths(context.topology.name);
  const wanted = await Promise.all(clusters.map((cluster) => planNode(context, mesh, cluster)));
  const names = new Set(context.topology.clusters.map(({ name }) => name));
  const unwanted = (await clusterNames(mesh)).filter((name) => !names.has(name));
  const what = 'local node';
  const details = ['the file no longer has it; `isthmus down` removes it'];
  return [...wanted, ...unwanted.map((cluster) => ({ cluster, action: 'none' as const, what, details }))];
}

async function planNode(
  context: ProviderContext,
  mesh: MeshPaths,
  cluster: ClusterSpec,
): Promise<ProviderChange> {
  const { state, detail } = await observeNode(context, cluster.name);
  const change = { cluster: cluster.name, what: 'local node' };
  if (state === 'absent') return { ...change, action: 'create', details: [`network ${cluster.network}`] };
  const record = await readNodeRecord(nodePaths(mesh, cluster.name));
  const details = record ? differences(record, cluster) : [];
  if (details.length > 0) return { ...change, action: 'update', details };
  return {
    ...change,
    action: state === 'ready' ? 'none' : 'update',
    details: state === 'ready' ? [] : [detail],
  };
}

function differences(record: NodeRecord, cluster: ClusterSpec): string[] {
  const { name, ipFamily, network } = cluster;
  const family = familyOf(record);
  if (family !== ipFamily)
    return [`ipFamily: ${family} → ${ipFamily}, which needs isthmus down ${name} first`];
  const { balancers = family } = record;
  const has = proxyOfRecord(record);
  const wants = cluster.provider === 'local' ? cluster.proxy : undefined;
  return [
    ...(wants && wants !== has ? [`proxy: ${has} → ${wants}, which needs isthmus down ${name} first`] : []),
    ...(record.network === network ? [] : [`network: ${record.network} → ${network}`]),
    ...(balancers === balancersOf(cluster) ? [] : [`load balancers: ${balancers} → ${balancersOf(cluster)}`]),
  ];
}
