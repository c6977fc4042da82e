/** One request as the probe tells of it. Times are microseconds of the probe's own clock. */
export interface RequestRecord {
  /** Through a connection that is kept, or one that is made for this request alone. */
  readonly connection: 'kept' | 'fresh';
  /** Cluster of the pod that asked. */
  readonly from: string;
  /** Pod that answered; empty if none did, or the answer was not the service's. */
  readonly instance: string;
  /** When it was due; a late start counts against the service, not against the probe. */
  readonly scheduled: number;
  readonly started: number;
  readonly latency: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly error: string;
}

/** A moment of the operation, on the probe's own clock. */
export interface Mark {
  readonly mark: string;
  readonly at: number;
}

interface Line {
  readonly mark?: string;
  readonly target?: string;
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
  const { mark, scheduled, started, latency, status } = read;
  if (mark !== undefined) return { mark, at: started };
  return {
    connection: read.target === 'fresh' ? 'fresh' : 'kept',
    from,
    instance: /instance: (\S+)/.exec(read.body ?? '')?.[1] ?? '',
    scheduled,
    started,
    latency,
    status,
    error: read.error ?? '',
  };
}

/** Was the request lost: no answer, or another one than the service itself gives? */
export const isLost = ({ status, instance }: RequestRecord): boolean => status !== 200 || instance === '';
