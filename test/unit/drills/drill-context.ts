import type { DrillContext } from '../../../src/drills/drill.ts';
import { type CallerRecords, isLost, type RequestRecord, readLine } from '../../../src/load/index.ts';
import type { DrillFigure, Hypothesis } from '../../../src/report/index.ts';
import { topologyOf } from '../../fakes/mesh/topology.ts';

/** What a drill said while it was judged. */
export interface Said {
  readonly concluded: Record<string, Pick<Hypothesis, 'measured' | 'state'>>;
  readonly figures: DrillFigure[];
  readonly doubts: string[];
  readonly notes: string[];
}

const topology = topologyOf(['eks-1', 'eks-2']);

/** Clusters eks-1 and eks-2; pods of the service are called by their cluster, `eks-1-a`. */
export function contextOf(callers: readonly CallerRecords[], more: object = {}): DrillContext & Said {
  const concluded: Said['concluded'] = {};
  const figures: DrillFigure[] = [];
  const doubts: string[] = [];
  const notes: string[] = [];
  const clusters = topology.clusters.map((spec) => ({ spec }));
  const home = { cluster: clusters[0], pods: ['eks-1-a'], versions: [], workloads: [] };
  const service = { name: 'vault', namespace: 'shop', host: 'vault.shop', index: 0, selector: {} };
  return {
    topology: { ...topology, services: [{ ...service, residency: ['eks-1'] }] },
    clusters,
    target: { ...service, homes: [home] },
    settings: { durationSeconds: 8, rate: 20, maxLost: 200 },
    answers: {
      callers,
      clusterOf: (record: RequestRecord) =>
        isLost(record) ? undefined : record.instance.replace(/-\w+$/, ''),
    },
    conclude: (id: string, result: Said['concluded'][string]) => {
      concluded[id] = result;
    },
    figure: (figure: DrillFigure) => void figures.push(figure),
    doubt: (problem: string) => void doubts.push(problem),
    note: (text: string) => void notes.push(text),
    table: () => {},
    concluded,
    figures,
    doubts,
    notes,
    ...more,
  } as unknown as DrillContext & Said;
}

export interface Asked {
  /** Seconds since the probe began. */
  readonly at: number;
  /** Who answered; nobody without one. */
  readonly pod?: string;
  readonly status?: number;
  readonly target?: string;
  /** How late it was sent, in seconds. */
  readonly late?: number;
}

/** One request of a caller. */
export function asked(from: string, { at, pod, status, target = 'kept', late = 0 }: Asked): RequestRecord {
  const line = {
    target,
    scheduled: at * 1e6,
    started: (at + late) * 1e6,
    latency: 10_000,
    status: status ?? (pod ? 200 : 503),
    body: pod ? `Hello version: v1, instance: ${pod}` : 'no healthy upstream',
  };
  return readLine(JSON.stringify(line), from) as RequestRecord;
}

/** Requests at ten a second from one second to another. */
export const stretch = (
  from: string,
  [begin, end]: [number, number],
  more: Omit<Asked, 'at'>,
): RequestRecord[] =>
  Array.from({ length: (end - begin) * 10 }, (_, at) => asked(from, { at: begin + at / 10, ...more }));

export const marked = (...all: readonly [string, number][]) =>
  all.map(([mark, at]) => ({ mark, at: at * 1e6 }));
