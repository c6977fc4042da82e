import type { MeshCluster } from '../../provider/index.ts';
import type { Finding, Outcome, Remedy } from '../../report/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { CheckContext } from './check-context.ts';

/** What one look of one check gets: its signal also fires when the check's own time is over. */
export interface CheckRunContext extends CheckContext {
  readonly facts: Facts;
}

export interface ClusterPair {
  readonly from: MeshCluster;
  readonly to: MeshCluster;
}

export interface Subjects {
  readonly mesh: undefined;
  readonly cluster: MeshCluster;
  readonly pair: ClusterPair;
}

export type Scope = keyof Subjects;

/** One check: what should be true of the mesh, of each cluster or of each ordered pair of clusters. */
export interface CheckDefinition<S extends Scope> {
  /** Stable; the name on the command line and of its page, `docs/checks/<id>.md`. */
  readonly id: string;
  /** Names that it had before, still understood on the command line. */
  readonly aliases?: readonly string[] | undefined;
  /** The true state, so that a pass reads as a sentence. */
  readonly title: string;
  readonly scope: S;
  /** What a `warning` finds never fails the run; that it could not look does. */
  readonly severity: 'error' | 'warning';
  /** Ids of checks without which this look is pointless; they block it when they fail on one of its clusters. */
  readonly needs: readonly string[];
  /** True if the look at one cluster reads all the others as well, so that any failed need blocks it. */
  readonly readsEveryCluster?: boolean | undefined;
  /** True if the look may see something untrue for a moment while pods come and go: a failure is then looked at again. */
  readonly retryWhileRollingOut?: boolean | undefined;
  /** What usually brings the mesh out of this state. */
  readonly cause: string;
  /** Commands to look by hand. */
  readonly inspect: readonly string[];
  /** What mends most of what it finds; a finding may state its own. */
  readonly fix: Remedy;
  /** Milliseconds for one look, of a mesh as most are; `timeLimitOf` has it for very large ones. */
  readonly timeoutMs: number;
  run(context: CheckRunContext, subject: Subjects[S]): Promise<Outcome<Finding>>;
}

export type Check = { [S in Scope]: CheckDefinition<S> }[Scope];

/** Declare a check; gives its subject the right type. */
export function defineCheck<S extends Scope>(definition: CheckDefinition<S>): CheckDefinition<S> {
  return definition;
}

/** Path of a check's page. */
export const pageOf = (id: string): string => `docs/checks/${id}.md`;
