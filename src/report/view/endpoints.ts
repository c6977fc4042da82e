/** One endpoint of a service: as it should be, as the caller's proxy has it, or both. */
export interface EndpointRow {
  readonly address: string;
  readonly port: number;
  readonly cluster: string;
  readonly via: 'pod' | 'gateway' | 'unknown';
  /** Part of the whole weight, 0 to 1; undefined where it should not be. */
  readonly expected?: number | undefined;
  /** The same as the proxy has it; undefined where it has none. */
  readonly held?: number | undefined;
  readonly locality: string;
  readonly priority: number;
  readonly healthy: boolean;
  /** What speaks against its health: `failed_outlier_check`, `eds:UNHEALTHY`. */
  readonly flags: readonly string[];
  /** Requests that the proxy sent to it since it started. */
  readonly requests: number;
  /** The same within the last minute; undefined before there are two looks. */
  readonly recent?: number | undefined;
}

/** A service port as one caller's proxy has it. `untold`: the proxy knows none of its endpoints. */
export interface ServiceRow {
  /** `namespace/name:port`. */
  readonly service: string;
  readonly state: 'same' | 'differs' | 'untold' | 'not-compared';
  /** What differs, or why it was not compared. */
  readonly notes: readonly string[];
  readonly expected: number;
  readonly held: number;
  /** Absent where there are too many to send; then they are asked for one by one. */
  readonly endpoints?: readonly EndpointRow[] | undefined;
}

/** What one caller's proxy knows, against what all clusters have. */
export interface CallerEndpoints {
  readonly cluster: string;
  /** `namespace/name` of the pod whose proxy was asked; undefined if none has one. */
  readonly caller: string | undefined;
  readonly services: readonly ServiceRow[];
  /** Why it is not as certain as it looks, such as a cluster whose part is old. */
  readonly notes: readonly string[];
}
