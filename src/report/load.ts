/** Requests that one cluster's caller sent and another cluster's (or its own) service answered. */
export interface PairFigures {
  readonly from: string;
  readonly to: string;
  /** Requests answered over connections that were kept. */
  readonly kept: number;
  /** Requests answered over a connection made for that request alone, between the proxies too. */
  readonly fresh: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** New connections of the caller's proxy to the other side, by Envoy's own counters; undefined if not read. */
  readonly newConnections?: number | undefined;
  /** Those of them that failed, also where a retry hid it from the application. */
  readonly failedConnections?: number | undefined;
}

/** What was sent in one stretch of an operation. */
export interface PeriodFigures {
  readonly name: string;
  readonly sent: number;
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Lost requests of one kind. */
export interface LossFigures {
  readonly from: string;
  readonly connection: 'kept' | 'fresh' | 'h2' | 'grpc' | 'tcp';
  readonly period: string;
  /** Status or error, as the caller saw it. */
  readonly reason: string;
  readonly count: number;
}

/** What a request probe saw. Latency counts from when a request was due, so a late start is seen. */
export interface LoadReport {
  /** Requests a second that each ordered pair was to get. */
  readonly rate: number;
  readonly seconds: number;
  readonly sent: number;
  /** No answer, or another than the service's own. */
  readonly lost: number;
  /** Undefined if no proxy's counters could be compared. */
  readonly newConnections?: number | undefined;
  readonly failedConnections?: number | undefined;
  readonly pairs: readonly PairFigures[];
  readonly periods: readonly PeriodFigures[];
  readonly losses: readonly LossFigures[];
}
