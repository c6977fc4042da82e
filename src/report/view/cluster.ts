/** What runs in one cluster. */
export interface VersionView {
  readonly cluster: string;
  readonly kubernetes?: string | undefined;
  readonly istiods: readonly string[];
  /** How many proxies run each version, by what they tell istiod. */
  readonly proxies: Readonly<Record<string, number>>;
}

/** A drill that is at work in a cluster, whoever runs it; from the cluster's undo record. */
export interface DrillAtWork {
  readonly drill: string;
  readonly run: string;
  readonly who: string;
  /** ISO 8601, by the cluster's own clock. */
  readonly since: string;
  readonly deadlineSeconds: number;
}
