/** What is wanted of one Service, equal in every primary. */
export interface ServiceSpec {
  /** `SERVICE.NAMESPACE`, as in the file. */
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  /** Position in `spec.services`, from 0. */
  readonly index: number;
  /** Labels of its pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Names of clusters in the order in which they step in after the caller's own. */
  readonly failover?: readonly string[] | undefined;
  /** Names of the only clusters that have its endpoints; each answers its own callers. */
  readonly residency?: readonly string[] | undefined;
  readonly split?: SplitSpec | undefined;
  /** Everybody else is refused; undefined lets every caller in. */
  readonly access?: readonly CallerSpec[] | undefined;
}

/** How a Service's requests are shared out. */
export interface SplitSpec {
  /** Whether its parts are clusters or values of the pods' label `version`. */
  readonly by: 'cluster' | 'version';
  /** Percent of the requests by name of cluster or version; 100 together. */
  readonly weights: Readonly<Record<string, number>>;
  /** Requests that take no part in the shares; the first match counts. */
  readonly match: readonly SplitMatch[];
}

/** Requests that one part takes whatever the weights are. */
export interface SplitMatch {
  /** By name; all of them must match. */
  readonly headers: Readonly<Record<string, StringMatch>>;
  /** Cluster or version. */
  readonly to: string;
}

/** Istio's: exactly one of the three. */
export interface StringMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
}

/** Workloads that may call a Service. */
export interface CallerSpec {
  /** Any namespace of the trust domain if undefined. */
  readonly namespace?: string | undefined;
  /** Any of the namespace if undefined. */
  readonly serviceAccount?: string | undefined;
  /** The mesh's own if undefined. */
  readonly trustDomain?: string | undefined;
}
