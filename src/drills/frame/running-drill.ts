import { IsthmusError } from '../../errors/index.ts';
import { isLost } from '../../load/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { type DrillFigure, type DrillTable, type Reporter, span } from '../../report/index.ts';
import type { Drill, DrillAct, DrillContext, DrillSubject } from '../drill.ts';
import type { Answers } from './answers.ts';
import type { Step } from './change.ts';
import type { Findings } from './findings.ts';
import type { Journal } from './journal.ts';

export interface RunningDrillOptions extends DrillSubject {
  readonly journal: Journal;
  readonly answers: Answers;
  readonly findings: Findings;
  readonly drill: Pick<Drill, 'lossesWanted'>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** How often a drill that looks on looks whether it may go on. Milliseconds. */
const tick = 250;

/** A drill that is under way, as its own code sees it. */
export class RunningDrill implements DrillContext {
  readonly topology: DrillContext['topology'];
  readonly clusters: DrillContext['clusters'];
  readonly target: DrillContext['target'];
  readonly settings: DrillContext['settings'];
  readonly journal: Journal;
  readonly answers: Answers;
  readonly signal: AbortSignal;
  readonly #findings: Findings;
  readonly reporter: Reporter;
  readonly #lossesWanted: boolean;
  #finished = false;

  constructor(options: RunningDrillOptions) {
    this.topology = options.topology;
    this.clusters = options.clusters;
    this.target = options.target;
    this.settings = options.settings;
    this.journal = options.journal;
    this.answers = options.answers;
    this.signal = options.signal;
    this.#findings = options.findings;
    this.reporter = options.reporter;
    this.#lossesWanted = options.drill.lossesWanted ?? false;
  }

  async step<T>(what: DrillAct, work: (reporter: Reporter) => Promise<T>): Promise<T> {
    const { phase, title, cluster } = what;
    const started = Date.now();
    return span(this.reporter, { title: `${phase}: ${title}`, cluster }, async (handle) => {
      const value = await work(handle);
      this.#findings.steps.push({ phase, title, cluster, seconds: (Date.now() - started) / 1000 });
      return value;
    });
  }

  mark(name: string): Promise<void> {
    return this.answers.mark(name);
  }

  async watch(seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1000;
    const what = `${seconds} s of requests`;
    const timeoutMs = seconds * 1000 + 30_000;
    await waitUntil({ what, timeoutMs, signal: this.signal, delayMs: tick, maxDelayMs: tick }, async () => {
      this.answers.alive();
      if (!this.#lossesWanted) this.#requireFewLost();
      if (Date.now() < until) throw new NotReady('requests run');
    });
    await this.answers.learn(this.signal, this.journal.reachable);
    await this.journal.requireHeld();
  }

  conclude(id: string, result: Parameters<DrillContext['conclude']>[1]): void {
    this.#findings.conclude(id, result);
  }

  figure(figure: DrillFigure): void {
    this.#findings.figure(figure);
  }

  table(table: DrillTable): void {
    this.#findings.table(table);
  }

  doubt(problem: string): void {
    this.#findings.doubt(problem);
  }

  note(text: string): void {
    this.#findings.note(text);
  }

  async undo(steps: readonly Step[]): Promise<void> {
    for (const problem of await this.journal.undo(this.signal, steps)) this.doubt(problem);
  }

  async finish(): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    await this.answers.stop(this.signal);
    for (const problem of this.answers.doubts()) this.doubt(problem);
    this.#findings.timelinesOf(this.answers);
  }

  /** DRILL_BROKEN_OFF at the bound that the user stated. */
  #requireFewLost(): void {
    const { maxLost } = this.settings;
    for (const { from, records, marks } of this.answers.callers) {
      // Before the first mark proxies take settings over, and nothing is measured.
      const begin = marks[0]?.at ?? Number.POSITIVE_INFINITY;
      const lost = records.filter((record) => record.scheduled >= begin && isLost(record)).length;
      if (lost > maxLost)
        throw new IsthmusError(
          'DRILL_BROKEN_OFF',
          `${from}: ${lost} requests were lost, more than ${maxLost}`,
          {
            hint: 'the promise does not hold; --max-lost states how many may be lost before a drill is ended',
          },
        );
    }
  }
}
