import type { LoadReport } from '../report/index.ts';
import { figuresOf } from './figures.ts';
import { isLost } from './record.ts';
import { type Requests, type RequestsOptions, startRequests } from './requests.ts';

export interface LoadOptions extends Omit<RequestsOptions, 'targets'> {
  /** Asked over connections that are kept. */
  readonly keptUrl: string;
  /** Asked over a new connection each time; between the proxies too if the mesh is set up so. */
  readonly freshUrl: string;
  /** Requests a second for each ordered pair of clusters, kept and fresh together. */
  readonly rate: number;
  /** Cluster of a pod that answered; undefined if it is in none. */
  readonly clusterOf: (instance: string) => string | undefined;
}

/** What happened on the fresh connections of each ordered pair since a mark. */
export interface SinceMark {
  /** Answered fresh requests by `from → to`. */
  readonly fresh: ReadonlyMap<string, number>;
  readonly lost: number;
}

/** Requests from every cluster to every cluster that go on beside an operation. */
export interface Load extends Pick<Requests, 'mark' | 'alive' | 'abandon'> {
  /** What came since the last mark. */
  sinceLastMark(): SinceMark;
  /** Stop asking, wait for what is under way, and sum up. */
  stop(): Promise<LoadReport>;
}

export const pairKey = (from: string, to: string): string => `${from} → ${to}`;

/** Start a probe in every caller. Throws if one of them cannot be started. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { callers, keptUrl, freshUrl } = options;
  // Each caller is answered by every cluster, so it asks that many times as often; half of it is fresh.
  const rate = Math.max(1, Math.round((options.rate * callers.length) / 2));
  const targets = [
    { name: 'kept', connection: 'kept', url: keptUrl },
    { name: 'fresh', connection: 'fresh', url: freshUrl },
  ] as const;
  return new RunningLoad(await startRequests({ ...options, targets, rate }), options);
}

class RunningLoad implements Load {
  readonly #requests: Requests;
  readonly #options: LoadOptions;
  readonly #started = Date.now();

  constructor(requests: Requests, options: LoadOptions) {
    this.#requests = requests;
    this.#options = options;
  }

  mark(name: string): Promise<void> {
    return this.#requests.mark(name);
  }

  sinceLastMark(): SinceMark {
    const fresh = new Map<string, number>();
    let lost = 0;
    for (const { from, records, marks } of this.#requests.callers) {
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
    this.#requests.alive();
  }

  abandon(): void {
    this.#requests.abandon();
  }

  async stop(): Promise<LoadReport> {
    const seconds = (Date.now() - this.#started) / 1000;
    await this.#requests.stop();
    const { rate, clusterOf } = this.#options;
    return figuresOf(this.#requests.callers, { rate, seconds, clusterOf });
  }
}
