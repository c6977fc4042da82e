import type { UnseenCluster, UnseenState } from './unseen.ts';

/** Something that `down` leaves in a cluster that isthmus did not make. */
export interface KeptThing {
  readonly cluster: string;
  /** `CustomResourceDefinition virtualservices.networking.istio.io` */
  readonly what: string;
  readonly reason: string;
}

/** What `down` would take from one cluster. */
export interface ClusterRemovalPlan {
  readonly cluster: string;
  readonly provider: string;
  /** Why nobody can say what is there. */
  readonly state?: UnseenState | undefined;
  readonly unseen?: UnseenCluster | undefined;
  readonly removes: readonly string[];
  readonly keeps: readonly KeptThing[];
}

/** What `down --dry-run` answers. */
export interface RemovalPlan {
  readonly mesh: string;
  readonly clusters: readonly ClusterRemovalPlan[];
}
