import { type ErrorCode, isIsthmusError, messageOf } from '../errors/index.ts';
import type { KubeClient, Node } from '../kubernetes/index.ts';
import type { ClusterObservation } from '../provider/index.ts';
import { unseenState } from '../report/index.ts';

const expected: readonly ErrorCode[] = [
  'API_REFUSED',
  'CLUSTER_UNREACHABLE',
  'CONTEXT_UNKNOWN',
  'KUBECONFIG_INVALID',
  'TOOL_MISSING',
];

/** What an existing cluster looks like through its context; one that cannot be looked at says so. */
export async function observeExistingCluster(
  cluster: string,
  connected: Promise<KubeClient>,
  { signal }: { readonly signal: AbortSignal },
): Promise<ClusterObservation> {
  try {
    const client = await connected;
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
