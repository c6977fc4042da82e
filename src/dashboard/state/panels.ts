import type {
  CallerEndpoints,
  CheckResult,
  ClusterStatus,
  DrillAtWork,
  DrillReport,
  RotationReport,
  TrafficFigures,
  TrustView,
  VersionView,
} from '../../report/index.ts';

/** A value as it is after JSON: every Date has become its ISO 8601 text. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? readonly Json<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T;

/** What the page knows before it has looked at any cluster. */
export interface MeshInfo {
  readonly name: string;
  readonly meshID: string;
  readonly trustDomain: string;
  /** Minor version that the file asks for; undefined without a file. */
  readonly istio?: string | undefined;
  readonly clusters: readonly {
    readonly name: string;
    readonly network: string;
    readonly provider: string;
    readonly context: string;
  }[];
  /** Drills that may be run from the page; empty when it only shows. */
  readonly drills: readonly {
    readonly id: string;
    readonly title: string;
    readonly kinds: readonly string[];
  }[];
  /** Of isthmus. */
  readonly version: string;
}

/** A cluster as `status` has it, and as it was when it last answered. */
export interface ClusterCard {
  readonly now: Json<ClusterStatus>;
  /** Absent while `now` is an answer, or if there never was one. */
  readonly last?: { readonly at: number; readonly status: Json<ClusterStatus> } | undefined;
}

/** Where the mesh stands on the way to a new root; read from certificates alone. */
export interface RotationState {
  readonly phase: 'at rest' | 'trust-both' | 'sign-new' | 'drop-old' | 'finished';
  readonly target?: string | undefined;
  readonly clusters: Readonly<Record<string, string>>;
  /** Clusters that the phase has still to reach. */
  readonly lagging: readonly string[];
}

/** A drill that this page runs: what it says as it goes. */
export interface DrillProgress {
  readonly drill: string;
  readonly started: string;
  readonly end?: 'done' | 'failed' | undefined;
  readonly lines: readonly string[];
}

/** A report of a drill or a rotation that is over, with its timelines drawn. */
export type PastReport = {
  /** SVG, made by isthmus. */
  readonly drawings: readonly string[];
  /** The line that says it all. */
  readonly verdict: string;
  /** ISO 8601. */
  readonly at: string;
  readonly good: boolean;
} & (
  | { readonly kind: 'drill'; readonly report: DrillReport }
  | { readonly kind: 'rotation'; readonly report: RotationReport }
);

/** What each kind of entry holds; an entry's key is its kind, or its kind, `/` and a name. */
export interface Panels {
  readonly mesh: MeshInfo;
  readonly cluster: ClusterCard;
  readonly check: CheckResult;
  readonly traffic: TrafficFigures;
  readonly endpoints: CallerEndpoints;
  readonly trust: Json<TrustView>;
  readonly rotation: RotationState;
  readonly versions: VersionView;
  /** By the run's name. */
  readonly drill: DrillAtWork & { readonly clusters: readonly string[] };
  readonly progress: DrillProgress;
  readonly report: PastReport;
}

export type Kind = keyof Panels;
