import type { KubeObject } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';

type Lease = KubeObject & { readonly spec?: { readonly renewTime?: string } };

/** A certificate is valid from two minutes before it is issued (Istio's ClockSkewGracePeriod); half of that is left. */
const aheadMs = 60_000;
/** A kubelet renews its lease every ten seconds, and is not ready forty seconds after it last did. */
const behindMs = aheadMs + 40_000;

/**
 * Nodes whose clock differs from this machine's by more than certificates bear, by the times that their
 * kubelets write into their leases. One sentence each.
 */
export async function wrongClocks(
  { kube }: MeshCluster,
  { signal, now = Date.now() }: { signal: AbortSignal; now?: number },
): Promise<string[]> {
  const [leases, nodes] = await Promise.all([
    kube.list<Lease>('coordination.k8s.io/v1', 'Lease', { namespace: 'kube-node-lease', signal }),
    kube.list('v1', 'Node', { signal }),
  ]);
  const ready = new Set(nodes.filter(isReady).map(({ metadata }) => metadata?.name));
  return leases.flatMap(({ metadata, spec }) => {
    const written = Date.parse(spec?.renewTime ?? '');
    if (!ready.has(metadata?.name) || Number.isNaN(written)) return [];
    const off = written - now;
    if (off < aheadMs && off > -behindMs) return [];
    const seconds = Math.round(Math.abs(off) / 1000);
    return [
      `the clock of node ${metadata?.name} is ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} this machine’s`,
    ];
  });
}

/** Of a node that is not ready the lease is old whatever its clock says. */
function isReady(node: KubeObject): boolean {
  const { conditions = [] } = (node['status'] ?? {}) as {
    conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
