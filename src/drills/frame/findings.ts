import type {
  DrillFigure,
  DrillReport,
  DrillStep,
  DrillTable,
  DrillTimeline,
  DrillVerdict,
  Hypothesis,
} from '../../report/index.ts';
import type { DrillPromise } from '../drill.ts';
import type { Answers } from './answers.ts';
import { lossTable } from './losses.ts';
import { timelineOf } from './timeline.ts';

type Result = Pick<Hypothesis, 'measured' | 'state'>;

/** What a drill found so far. A promise that nobody spoke of is unproven. */
export class Findings {
  readonly #promises: readonly DrillPromise[];
  readonly #results = new Map<string, Result>();
  readonly #figures: DrillFigure[] = [];
  readonly #tables: DrillTable[] = [];
  readonly #doubts: string[] = [];
  readonly #notes: string[] = [];
  readonly steps: DrillStep[] = [];
  #timelines: DrillTimeline[] = [];

  constructor(promises: readonly DrillPromise[]) {
    this.#promises = promises;
  }

  conclude(id: string, result: Result): void {
    this.#results.set(id, result);
  }

  figure(figure: DrillFigure): void {
    this.#figures.push(figure);
  }

  table(table: DrillTable): void {
    this.#tables.push(table);
  }

  doubt(problem: string): void {
    this.#doubts.push(problem);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  timelinesOf(answers: Answers): void {
    this.#timelines = answers.callers
      .filter(({ records }) => records.length > 0)
      .map((caller) => timelineOf(caller, (record) => answers.clusterOf(record)));
    const lost = lossTable(answers.callers);
    if (lost.rows.length > 0) this.#tables.push(lost);
  }

  report(): Pick<DrillReport, 'hypotheses' | 'figures' | 'tables' | 'timelines' | 'steps' | 'notes'> {
    return {
      hypotheses: this.#hypotheses(),
      figures: this.#figures,
      tables: this.#tables,
      timelines: this.#timelines,
      steps: this.steps,
      notes: this.#notes,
    };
  }

  verdict(): Omit<DrillVerdict, 'undone'> {
    const states = this.#hypotheses().map(({ state }) => state);
    const enough = this.#doubts.length === 0;
    return { hypothesis: enough ? worst(states) : 'unproven', measured: { enough, problems: this.#doubts } };
  }

  #hypotheses(): Hypothesis[] {
    return this.#promises.map(({ id, title, expected }) => ({
      title,
      expected,
      ...(this.#results.get(id) ?? { measured: 'not measured', state: 'unproven' }),
    }));
  }
}

/** Where too little was measured a refutation proves no more than a confirmation, which is for the caller to say. */
function worst(states: readonly Hypothesis['state'][]): Hypothesis['state'] {
  if (states.includes('refuted')) return 'refuted';
  return states.length > 0 && states.every((state) => state === 'held') ? 'held' : 'unproven';
}
