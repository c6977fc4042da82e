import { LEASE_AGE_MS, nodeClocks } from '../kubernetes/index.ts';
import type { MeshCluster } from '../provider/index.ts';

/** A certificate is valid from two minutes before it is issued (Istio's ClockSkewGracePeriod); half of that is left. */
const aheadMs = 60_000;
const behindMs = aheadMs + LEASE_AGE_MS;

/** Nodes whose clock differs from this machine's by more than certificates bear. One sentence each. */
export async function wrongClocks(
  { kube }: MeshCluster,
  { signal, now = Date.now() }: { signal: AbortSignal; now?: number },
): Promise<string[]> {
  const clocks = await nodeClocks(kube, { signal });
  return clocks.flatMap(({ node, saidAt }) => {
    const off = saidAt - now;
    if (off < aheadMs && off > -behindMs) return [];
    const seconds = Math.round(Math.abs(off) / 1000);
    return [`the clock of node ${node} is ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} this machine’s`];
  });
}
