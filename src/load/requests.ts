import { NotReady, waitUntil } from '../process/index.ts';
import type { Reporter } from '../report/index.ts';
import { argumentsOf, type RequestTarget } from './arguments.ts';
import { type PodProbe, type ProbePod, startPodProbe } from './pod-probe.ts';
import { type Mark, type RequestRecord, readLine } from './record.ts';

/** Everything that the probe of one caller told. */
export interface CallerRecords {
  /** Name of the caller's cluster. */
  readonly from: string;
  readonly records: readonly RequestRecord[];
  readonly marks: readonly Mark[];
}

export interface RequestsOptions {
  /** One pod of each cluster that asks. */
  readonly callers: readonly ProbePod[];
  readonly targets: readonly RequestTarget[];
  /** Requests a second of each caller to each target. */
  readonly rate: number;
  /** The longest that they may go on, in seconds. */
  readonly seconds: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** Requests that go on at a fixed rate until they are stopped. */
export interface Requests {
  readonly callers: readonly CallerRecords[];
  /** Begin a new stretch. Resolves when every probe has taken the mark; throws what ended a probe. */
  mark(name: string): Promise<void>;
  /** As `mark`, where nobody can wait for the probes to take it. */
  stamp(name: string): void;
  /** Throws if a probe ended by itself. */
  alive(): void;
  /** Stop asking and wait for what is under way. */
  stop(): Promise<void>;
  /** Stop asking at once, where nobody wants to know any more what was answered. */
  abandon(): void;
}

/** Start a probe in every caller. Throws if one of them cannot be started; the others are ended then. */
export async function startRequests(options: RequestsOptions): Promise<Requests> {
  const starting = options.callers.map((pod) => start(pod, options));
  const settled = await Promise.allSettled(starting);
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.find((one) => one.status === 'rejected');
  if (!failed) return new RunningRequests(running, options.signal);
  for (const { probe } of running) probe.abandon();
  throw failed.reason;
}

interface Caller extends CallerRecords {
  readonly records: RequestRecord[];
  readonly marks: Mark[];
  readonly probe: PodProbe;
}

async function start(pod: ProbePod, options: RequestsOptions): Promise<Caller> {
  const { rate, seconds, reporter, signal } = options;
  const records: RequestRecord[] = [];
  const marks: Mark[] = [];
  const from = pod.cluster.spec.name;
  const onLine = (line: string) => {
    const read = readLine(line, from);
    if ('mark' in read) marks.push(read);
    else records.push(read);
  };
  const asked = options.targets.map(argumentsOf);
  const targets = [...asked.flatMap(({ flags }) => flags), ...asked.map(({ target }) => target)];
  const probe = await startPodProbe({ pod, targets, rate, seconds, onLine, reporter, signal });
  return { from, records, marks, probe };
}

class RunningRequests implements Requests {
  readonly callers: readonly Caller[];
  readonly #signal: AbortSignal;

  constructor(callers: readonly Caller[], signal: AbortSignal) {
    this.callers = callers;
    this.#signal = signal;
  }

  async mark(name: string): Promise<void> {
    const before = this.callers.map(({ marks }) => marks.length);
    this.stamp(name);
    const what = 'every request probe to answer';
    await waitUntil({ what, timeoutMs: 30_000, signal: this.#signal, delayMs: 50 }, async () => {
      this.alive();
      const silent = this.callers.find(
        ({ marks }, at) => !marks.slice(before[at]).some(({ mark }) => mark === name),
      );
      if (silent) throw new NotReady(`that of ${silent.from} is silent`);
    });
  }

  stamp(name: string): void {
    for (const { probe } of this.callers) probe.mark(name);
  }

  alive(): void {
    for (const { probe } of this.callers) if (probe.failure) throw probe.failure;
  }

  abandon(): void {
    for (const { probe } of this.callers) probe.abandon();
  }

  async stop(): Promise<void> {
    await Promise.all(this.callers.map(({ probe }) => probe.stop()));
  }
}
