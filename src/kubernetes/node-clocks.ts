import { isReady } from './pods.ts';
import type { CallOptions, KubeClient, KubeObject } from './types.ts';

type NodeLease = KubeObject & { readonly spec?: { readonly renewTime?: string } };

/** What a node's clock said a moment ago. */
export interface NodeClock {
  readonly node: string;
  /** Milliseconds since 1970, by the node's own clock, at most {@link LEASE_AGE_MS} before now. */
  readonly saidAt: number;
}

/** A kubelet renews its lease every ten seconds, and is not ready forty seconds after it last did. */
export const LEASE_AGE_MS = 40_000;

/**
 * The clocks of a cluster's nodes, by the times that their kubelets write into their leases. Of a node that
 * is not ready the lease is old whatever its clock says, so it is left out. Throws what the API server throws.
 */
export async function nodeClocks(kube: KubeClient, { signal }: CallOptions = {}): Promise<NodeClock[]> {
  const [leases, nodes] = await Promise.all([
    kube.list<NodeLease>('coordination.k8s.io/v1', 'Lease', { namespace: 'kube-node-lease', signal }),
    kube.list('v1', 'Node', { signal }),
  ]);
  const ready = new Set(nodes.filter(isReady).map(({ metadata }) => metadata?.name));
  return leases.flatMap(({ metadata, spec }) => {
    const saidAt = Date.parse(spec?.renewTime ?? '');
    const node = metadata?.name ?? '';
    return ready.has(node) && !Number.isNaN(saidAt) ? [{ node, saidAt }] : [];
  });
}
