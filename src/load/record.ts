/**
 * How a request travels: over connections that are kept, over one made for it alone (`fresh`), over one
 * long HTTP/2 connection for all requests (`h2`), as gRPC's health check over one (`grpc`), or as a line
 * over one raw TCP connection (`tcp`), which the other side sends back.
 */
export type Connection = 'kept' | 'fresh' | 'h2' | 'grpc' | 'tcp';

/** One request as the probe tells of it. Times are microseconds of the probe's own clock. */
export interface RequestRecord {
  readonly connection: Connection;
  /** Which of its target's connections it went over, counted from 1 by its caller; 0 if it had none, or did not say. */
  readonly over: number;
  /** Name of what was asked, as the probe was told it. */
  readonly target: string;
  /** Cluster of the pod that asked. */
  readonly from: string;
  /** Pod that answered; empty if none did, or the answer was not the service's. */
  readonly instance: string;
  /** The version that the answer names; empty without one. */
  readonly version: string;
  /** When it was due; a late start counts against the service, not against the probe. */
  readonly scheduled: number;
  readonly started: number;
  readonly latency: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly error: string;
  /** The beginning of an answer that is an error, as of a proxy that says what it missed; empty otherwise. */
  readonly said: string;
  /** What the proxy that routed it was told to say of the route; empty otherwise. */
  readonly route: string;
}

/** A moment of the operation, on the probe's own clock. */
export interface Mark {
  readonly mark: string;
  readonly at: number;
}

interface Line {
  readonly mark?: string;
  readonly target?: string;
  readonly connection?: Connection;
  readonly over?: number;
  readonly route?: string;
  readonly scheduled: number;
  readonly started: number;
  readonly latency: number;
  readonly status: number;
  readonly error?: string;
  readonly body?: string;
}

/** One line of the output of a probe in a pod of cluster `from`. */
export function readLine(line: string, from: string): RequestRecord | Mark {
  const read = JSON.parse(line) as Line;
  const { mark, target = '', connection = 'kept', over = 0, scheduled, started, latency, status } = read;
  if (mark !== undefined) return { mark, at: started };
  return {
    connection,
    over,
    target,
    from,
    instance: /instance: (\S+)/.exec(read.body ?? '')?.[1] ?? '',
    version: /version: ([^,\s]+)/.exec(read.body ?? '')?.[1] ?? '',
    scheduled,
    started,
    latency,
    status,
    error: read.error ?? '',
    route: read.route ?? '',
    said: status >= 400 ? (read.body ?? '').replace(/\s+/g, ' ').trim() : '',
  };
}

/**
 * Was the request lost: no answer, or another one than the service itself gives? Of gRPC and raw TCP a
 * proxy answers nothing itself, and a server need not say its name.
 */
export const isLost = ({ status, instance, connection }: RequestRecord): boolean =>
  status !== 200 || (instance === '' && connection !== 'grpc' && connection !== 'tcp');
