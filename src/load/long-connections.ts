import { isLost, type RequestRecord } from './record.ts';

/** What became of one long connection of one caller to one target. */
export interface LongConnection {
  /** Cluster of the caller. */
  readonly from: string;
  /** Name of the target. */
  readonly target: string;
  /** How often another connection took the place of one that had ended. */
  readonly breaks: number;
  /** Requests that were under way then, or found nobody. */
  readonly lost: number;
  readonly sent: number;
  /** Longest time between two answers, in milliseconds of the probe's clock. */
  readonly longestGapMs: number;
}

/**
 * Long connections among records, `h2`, `grpc` and `tcp`, by caller and target. A caller's HTTP/2
 * connection ends at its own proxy; raw TCP goes through to the pod, so only `tcp` sees each break.
 */
export function longConnections(records: readonly RequestRecord[]): LongConnection[] {
  const long = records.filter(({ connection }) => ['h2', 'grpc', 'tcp'].includes(connection));
  const keys = new Set(long.map(({ from, target }) => `${from}\n${target}`));
  return [...keys].map((key) => {
    const own = long.filter(({ from, target }) => `${from}\n${target}` === key);
    const [from = '', target = ''] = key.split('\n');
    const used = new Set(own.map(({ over }) => over).filter((over) => over > 0));
    const lost = own.filter(isLost).length;
    const breaks = Math.max(0, used.size - 1);
    return { from, target, breaks, lost, sent: own.length, longestGapMs: longestGap(own) };
  });
}

function longestGap(records: readonly RequestRecord[]): number {
  const answered = records.filter((record) => !isLost(record)).map((one) => one.started + one.latency);
  answered.sort((a, b) => a - b);
  return Math.max(0, ...answered.map((at, index) => (at - (answered[index - 1] ?? at)) / 1000));
}
