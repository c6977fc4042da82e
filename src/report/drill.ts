/** One thing that a drill states beforehand, and what was measured of it. */
export interface Hypothesis {
  readonly title: string;
  readonly expected: string;
  readonly measured: string;
  /** `unproven`: nothing, or not enough, was measured of it. */
  readonly state: 'held' | 'refuted' | 'unproven';
}

/** A number that a drill measured, ready to be read: `1.4 s`, `0`. */
export interface DrillFigure {
  readonly title: string;
  readonly value: string;
}

/** A table that a drill has beside its figures, such as a matrix of callers and targets. */
export interface DrillTable {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One act of a drill, and how long it took. */
export interface DrillStep {
  /** `prepare`, `act`, `observe`, `undo`, … */
  readonly phase: string;
  readonly title: string;
  readonly cluster?: string | undefined;
  readonly seconds: number;
}

/** What became of one caller's requests, in slices of time. */
export interface DrillTimeline {
  readonly from: string;
  /** Length of one slice, in seconds. */
  readonly slice: number;
  readonly slices: readonly {
    /** Seconds since the first request. */
    readonly at: number;
    /** Answers by who gave them. */
    readonly answers: Readonly<Record<string, number>>;
    readonly lost: number;
  }[];
  /** Moments of the drill by the clock of this caller's probe, in seconds. */
  readonly marks: readonly { readonly title: string; readonly at: number }[];
}

/** Three answers that are not one: each can be bad while the others are good. */
export interface DrillVerdict {
  readonly hypothesis: Hypothesis['state'];
  readonly measured: { readonly enough: boolean; readonly problems: readonly string[] };
  readonly undone: { readonly complete: boolean; readonly problems: readonly string[] };
}

/** What `drill` did, or with `planned` would do. */
export interface DrillReport {
  readonly mesh: string;
  readonly drill: string;
  readonly title: string;
  /** Of drills that break things in several ways. */
  readonly variant?: string | undefined;
  /** `namespace/name`. */
  readonly service: string;
  readonly end: 'planned' | 'done' | 'broken-off';
  /** What is done, in its order. */
  readonly plan: readonly string[];
  /** What users notice of it. */
  readonly disruption: string;
  /** What nobody may conclude from it. */
  readonly limits: readonly string[];
  readonly hypotheses: readonly Hypothesis[];
  readonly verdict: DrillVerdict;
  readonly figures: readonly DrillFigure[];
  readonly tables: readonly DrillTable[];
  readonly timelines: readonly DrillTimeline[];
  readonly steps: readonly DrillStep[];
  /** ISO 8601, by the clock of the machine that ran it. */
  readonly started: string;
  readonly seconds: number;
  /** Who ran it and where: `user@host`. */
  readonly who: string;
  readonly notes: readonly string[];
}

/** What undoing a drill that nobody ended came to. */
export interface DrillUndoReport {
  readonly mesh: string;
  readonly undone: readonly {
    readonly cluster: string;
    readonly drill: string;
    readonly who: string;
    readonly steps: number;
    readonly problems: readonly string[];
  }[];
}

/** 0 for a plan, or if the hypotheses held, enough was measured and all is undone; 1 otherwise. */
export function exitCodeOfDrill({ end, verdict }: DrillReport): 0 | 1 {
  if (end === 'planned') return 0;
  const { hypothesis, measured, undone } = verdict;
  return end === 'done' && hypothesis === 'held' && measured.enough && undone.complete ? 0 : 1;
}

/** 0 if nothing is left of any drill; 1 if something stays as somebody else set it. */
export const exitCodeOfUndo = ({ undone }: DrillUndoReport): 0 | 1 =>
  undone.some(({ problems }) => problems.length > 0) ? 1 : 0;
