import type { RequestTarget } from '../load/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { DrillFigure, DrillTable, Hypothesis, Reporter } from '../report/index.ts';
import type { Topology } from '../topology/index.ts';
import type { Answers } from './frame/answers.ts';
import type { Step } from './frame/change.ts';
import type { Journal } from './frame/journal.ts';
import type { Answerers, Target, WantedService } from './frame/target.ts';

/** What a user chooses of a drill. */
export interface DrillSettings {
  /** In which of its ways the drill is run, for those that have several. */
  readonly kind?: string | undefined;
  /** The cluster that it is done to; one that the drill chooses when undefined. */
  readonly cluster?: string | undefined;
  /** Set nothing up: put to the test what is there. */
  readonly asIs?: boolean | undefined;
  /** How long what was done is looked at, in seconds. */
  readonly durationSeconds: number;
  /** Requests a second of each caller. */
  readonly rate: number;
  /** Seconds after which anybody may undo it, and each cluster does so by itself; by default well beyond its end. */
  readonly deadlineSeconds?: number | undefined;
  /** Lost requests of one caller at which the drill is ended. */
  readonly maxLost: number;
}

/** What a drill knows before it begins. */
export interface DrillSubject {
  readonly topology: Topology;
  readonly clusters: readonly MeshCluster[];
  readonly target: Target;
  readonly settings: DrillSettings;
}

/** What a drill works with. */
export interface DrillContext extends DrillSubject {
  readonly journal: Journal;
  /** The requests that run beside it. */
  readonly answers: Answers;
  /** Do one act: told as a span, timed, in the report. */
  step<T>(what: DrillAct, work: (reporter: Reporter) => Promise<T>): Promise<T>;
  /** Begin a stretch of the timeline. */
  mark(name: string): Promise<void>;
  /** Look on while requests run. Throws what ends a drill before its time. */
  watch(seconds: number): Promise<void>;
  /** Stop asking and wait for what is under way, before it is judged. */
  finish(): Promise<void>;
  /** Say what became of a promise; may be called before the drill ends. */
  conclude(id: string, result: Pick<Hypothesis, 'measured' | 'state'>): void;
  figure(figure: DrillFigure): void;
  table(table: DrillTable): void;
  /** What kept the drill from measuring enough. */
  doubt(problem: string): void;
  note(text: string): void;
  /** Take steps back before the end, to see what that does. */
  undo(steps: readonly Step[]): Promise<void>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface DrillAct {
  readonly phase: 'prepare' | 'baseline' | 'act' | 'observe' | 'undo' | 'prove';
  readonly title: string;
  readonly cluster?: string | undefined;
}

/** One thing that a drill states beforehand. */
export interface DrillPromise {
  /** Names it within its drill. */
  readonly id: string;
  readonly title: string;
  readonly expected: string;
}

/** One thing that users buy a mesh for, put to the test. */
export interface Drill {
  readonly id: string;
  readonly title: string;
  readonly kinds?: readonly { readonly id: string; readonly title: string }[] | undefined;
  /** False for a drill that has nothing to do with how requests fare meanwhile. */
  readonly underLoad?: boolean | undefined;
  /** True where requests that get no answer are what it wants to see, so that no number of them ends it. */
  readonly lossesWanted?: boolean | undefined;
  /** What nobody may conclude from it; stands in its report. */
  readonly limits: readonly string[];
  /** The service that it is about where none is named; the sample's by default. Throws DRILL_BLOCKED if there is none. */
  service?(topology: Topology): WantedService;
  /** True for a service that need not be in every cluster. */
  readonly anywhere?: boolean | undefined;
  /** Other pods whose answers it tells apart. */
  readonly others?: readonly Answerers[] | undefined;
  /** What users notice of it, for consent. */
  disruption(subject: DrillSubject): string;
  /** What is done, in its order. Throws DRILL_BLOCKED if it could not be. */
  plan(subject: DrillSubject): readonly string[];
  /** What is asked meanwhile; the service over kept and fresh connections by default. */
  asked?(subject: DrillSubject): readonly RequestTarget[];
  /** Clusters whose pods ask meanwhile; all by default. */
  callers?(subject: DrillSubject): readonly MeshCluster[];
  promises(subject: DrillSubject): readonly DrillPromise[];
  /** Change things through the journal alone, and say what became of the promises. */
  run(context: DrillContext): Promise<void>;
}
