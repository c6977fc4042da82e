import { type ErrorCode, isIsthmusError, messageOf } from '../errors/index.ts';
import { createClient, type Node } from '../kubernetes/index.ts';
import type { ClusterObservation, ProviderContext } from '../provider/index.ts';
import { unseenState } from '../report/index.ts';
import type { ExistingClusterSpec } from '../topology/index.ts';
import { existingConnection } from './connect.ts';

const expected: readonly ErrorCode[] = [
  'API_REFUSED',
  'CLUSTER_UNREACHABLE',
  'CONTEXT_UNKNOWN',
  'KUBECONFIG_INVALID',
  'TOOL_MISSING',
];

/** What an existing cluster looks like through its context; one that cannot be looked at says so. */
export async function observeExistingCluster(
  { topology, signal }: ProviderContext,
  spec: ExistingClusterSpec,
): Promise<ClusterObservation> {
  const cluster = spec.name;
  try {
    const client = createClient(await existingConnection(topology, spec));
    const [version, nodes] = await Promise.all([
      client.version({ signal }),
      client.list<Node>('v1', 'Node', { signal }),
    ]);
    const unready = nodes.filter((node) => !isNodeReady(node)).map(({ metadata }) => metadata?.name);
    const detail = `${nodes.length - unready.length} of ${nodes.length} nodes Ready`;
    if (unready.length === 0) return { cluster, state: 'ready', version, detail };
    return { cluster, state: 'degraded', version, detail: `${detail}; not: ${unready.join(', ')}` };
  } catch (error) {
    if (!isIsthmusError(error) || !expected.includes(error.code)) throw error;
    return { cluster, state: unseenState(error.code), detail: messageOf(error) };
  }
}

const isNodeReady = ({ status }: Node) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
