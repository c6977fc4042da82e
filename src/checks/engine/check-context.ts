import type { LoadBalancer, MeshCluster } from '../../provider/index.ts';
import type { Reporter } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';

/** What a run of checks needs to look at a mesh. */
export interface CheckContext {
  readonly topology: Topology;
  readonly clusters: readonly MeshCluster[];
  /** Load balancers of one cluster, by its name, as its provider sees them. */
  readonly loadBalancers: (cluster: string) => Promise<readonly LoadBalancer[]>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** No file rules this mesh, so that remedies name kubectl and istioctl alone. */
  readonly withoutFile?: boolean | undefined;
}
