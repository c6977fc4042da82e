import { NotReady, waitUntil } from '../process/index.ts';
import type { LoadReport, Reporter } from '../report/index.ts';
import { type CallerRecords, figuresOf } from './figures.ts';
import { type PodProbe, type ProbePod, startPodProbe } from './pod-probe.ts';
import { isLost, type Mark, type RequestRecord, readLine } from './record.ts';

export interface LoadOptions {
  /** One pod of each cluster. */
  readonly callers: readonly ProbePod[];
  /** Asked over connections that are kept. */
  readonly keptUrl: string;
  /** Asked over a new connection each time; between the proxies too if the mesh is set up so. */
  readonly freshUrl: string;
  /** Requests a second for each ordered pair of clusters, kept and fresh together. */
  readonly rate: number;
  /** The longest that the load may go on, in seconds. */
  readonly seconds: number;
  /** Cluster of a pod that answered; undefined if it is in none. */
  readonly clusterOf: (instance: string) => string | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What happened on the fresh connections of each ordered pair since a mark. */
export interface SinceMark {
  /** Answered fresh requests by `from → to`. */
  readonly fresh: ReadonlyMap<string, number>;
  readonly lost: number;
}

/** Requests from every cluster to every cluster that go on beside an operation. */
export interface Load {
  /** Begin a new stretch. Resolves when every probe has taken the mark; throws what ended a probe. */
  mark(name: string): Promise<void>;
  /** What came since the last mark. */
  sinceLastMark(): SinceMark;
  /** Throws if a probe ended by itself. */
  alive(): void;
  /** Stop asking, wait for what is under way, and sum up. */
  stop(): Promise<LoadReport>;
  /** Stop asking at once, where nobody wants to know any more what was answered. */
  abandon(): void;
}

export const pairKey = (from: string, to: string): string => `${from} → ${to}`;

/** Start a probe in every caller. Throws if one of them cannot be started. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { callers, rate } = options;
  // Each caller is answered by every cluster, so it asks that many times as often; half of it is fresh.
  const perTarget = Math.max(1, Math.round((rate * callers.length) / 2));
  const running = await Promise.all(callers.map((pod) => start(pod, perTarget, options)));
  return new RunningLoad(running, options);
}

interface Caller extends CallerRecords {
  readonly records: RequestRecord[];
  readonly marks: Mark[];
  readonly probe: PodProbe;
}

async function start(pod: ProbePod, rate: number, options: LoadOptions): Promise<Caller> {
  const { keptUrl, freshUrl, seconds, reporter, signal } = options;
  const records: RequestRecord[] = [];
  const marks: Mark[] = [];
  const from = pod.cluster.spec.name;
  const onLine = (line: string) => {
    const read = readLine(line, from);
    if ('mark' in read) marks.push(read);
    else records.push(read);
  };
  const targets = [`kept:kept=${keptUrl}`, `fresh:fresh=${freshUrl}`];
  const probe = await startPodProbe({ pod, targets, rate, seconds, onLine, reporter, signal });
  return { from, records, marks, probe };
}

class RunningLoad implements Load {
  readonly #callers: readonly Caller[];
  readonly #options: LoadOptions;
  readonly #started = Date.now();

  constructor(callers: readonly Caller[], options: LoadOptions) {
    this.#callers = callers;
    this.#options = options;
  }

  async mark(name: string): Promise<void> {
    const before = this.#callers.map(({ marks }) => marks.length);
    for (const { probe } of this.#callers) probe.mark(name);
    const what = 'every request probe to answer';
    await waitUntil({ what, timeoutMs: 30_000, signal: this.#options.signal, delayMs: 50 }, async () => {
      this.alive();
      const silent = this.#callers.find(({ marks }, at) => marks.length === before[at]);
      if (silent) throw new NotReady(`that of ${silent.from} is silent`);
    });
  }

  sinceLastMark(): SinceMark {
    const fresh = new Map<string, number>();
    let lost = 0;
    for (const { from, records, marks } of this.#callers) {
      const begin = marks.at(-1)?.at ?? Number.POSITIVE_INFINITY;
      for (const record of records) {
        if (record.scheduled < begin) continue;
        if (isLost(record)) lost += 1;
        else if (record.connection === 'fresh') {
          const key = pairKey(from, this.#options.clusterOf(record.instance) ?? record.instance);
          fresh.set(key, (fresh.get(key) ?? 0) + 1);
        }
      }
    }
    return { fresh, lost };
  }

  alive(): void {
    for (const { probe } of this.#callers) if (probe.failure) throw probe.failure;
  }

  abandon(): void {
    for (const { probe } of this.#callers) probe.abandon();
  }

  async stop(): Promise<LoadReport> {
    const seconds = (Date.now() - this.#started) / 1000;
    await Promise.all(this.#callers.map(({ probe }) => probe.stop()));
    const { rate, clusterOf } = this.#options;
    return figuresOf(this.#callers, { rate, seconds, clusterOf });
  }
}
