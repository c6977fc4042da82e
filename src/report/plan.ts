import type { UnseenCluster, UnseenState } from './unseen.ts';

/** What `up` would do to one thing. */
export interface PlanChange {
  /** `drift`: changed by something else, and `up` does not undo it. */
  readonly action: 'create' | 'update' | 'remove' | 'drift' | 'none';
  /** `local node`, `Deployment istio-system/istiod`, … */
  readonly what: string;
  /** Changed paths and values, one a line; never a secret. */
  readonly details: readonly string[];
}

/** What `up` would do to one cluster. */
export interface ClusterPlan {
  readonly cluster: string;
  readonly provider: string;
  /** `absent`: it does not exist yet; the last three: it could not be looked at, `unseen` says why. */
  readonly state: 'present' | 'absent' | UnseenState;
  readonly unseen?: UnseenCluster | undefined;
  readonly changes: readonly PlanChange[];
}

/** The whole of `plan`'s answer. */
export interface PlanReport {
  readonly mesh: string;
  readonly clusters: readonly ClusterPlan[];
  /** How many changes are not `none`. */
  readonly changes: number;
  /** Costs, permissions and what could not be looked at yet. */
  readonly notes: readonly string[];
}

/** How many changes of these plans are not `none`. */
export function countChanges(clusters: readonly ClusterPlan[]): number {
  return clusters.flatMap(({ changes }) => changes).filter(({ action }) => action !== 'none').length;
}
