/** One thing that is wrong: where, what was seen, why, and the command or edit that mends it. */
export interface Problem {
  readonly message: string;
  readonly cluster?: string | undefined;
  /** Kubeconfig context by which the cluster is reached. */
  readonly context?: string | undefined;
  /** `Kind namespace/name` of the object at fault. */
  readonly object?: string | undefined;
  /** What was seen, verbatim and short; never a secret. */
  readonly evidence?: string | undefined;
  readonly cause?: string | undefined;
  readonly fix?: string | undefined;
}

/**
 * What a check found. `fail` covers "could not tell": an inconclusive look is never a pass.
 * `blocked` names the check whose failure made this one pointless.
 */
export type Outcome<P = Problem> =
  | { readonly status: 'pass'; readonly detail: string; readonly evidence?: readonly string[] }
  | {
      readonly status: 'warn';
      readonly detail: string;
      readonly problems: readonly P[];
      readonly evidence?: readonly string[];
    }
  | {
      readonly status: 'fail';
      readonly detail: string;
      readonly problems: readonly P[];
      readonly evidence?: readonly string[];
    }
  | { readonly status: 'skip'; readonly reason: string }
  | { readonly status: 'blocked'; readonly by: string };

/** `pass`, `warn`, `fail`, `skip` or `blocked`. */
export type Status = Outcome['status'];

/** One check's result as every renderer sees it. */
export interface CheckResult {
  readonly id: string;
  readonly title: string;
  /** The cluster, or `from → to`, that the check looked at; absent for a check of the whole mesh. */
  readonly subject?: string | undefined;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Path of its page, `docs/checks/<id>.md`. */
  readonly docs: string;
}

/**
 * It is as it should be.
 * @param detail one line: what was looked at and found good
 * @param evidence what was seen, a line each
 */
export const pass = (detail: string, evidence: readonly string[] = []): Outcome<never> => ({
  status: 'pass',
  detail,
  evidence,
});
/** It works, but something will or may go wrong; `problems` say what, and how it is mended. Else as {@link pass}. */
export const warn = <P = Problem>(
  detail: string,
  problems: readonly P[],
  evidence: readonly string[] = [],
): Outcome<P> => ({
  status: 'warn',
  detail,
  problems,
  evidence,
});
/** It is not as it should be, or nobody could tell; `problems` say what is wrong and how it is mended. Else as {@link pass}. */
export const fail = <P = Problem>(
  detail: string,
  problems: readonly P[],
  evidence: readonly string[] = [],
): Outcome<P> => ({
  status: 'fail',
  detail,
  problems,
  evidence,
});
/** There is nothing of the kind to look at, for a reason of one line; see {@link unproven} for what should be there. */
export const skip = (reason: string): Outcome<never> => ({ status: 'skip', reason });
const unprovenMark = 'not proven: ';
/** Skipped for want of something to look at: nobody knows whether it is so, and a reader must be told. */
export const unproven = (reason: string): Outcome<never> => skip(`${unprovenMark}${reason}`);
/** Was it skipped by {@link unproven}? */
export const isUnproven = (outcome: Outcome): outcome is Extract<Outcome, { status: 'skip' }> =>
  outcome.status === 'skip' && outcome.reason.startsWith(unprovenMark);
/**
 * Pointless while something else is broken.
 * @param by the id of the check that failed, or what stands in the way
 */
export const blocked = (by: string): Outcome<never> => ({ status: 'blocked', by });

/** 0 if every result is pass, warn or skip, and something was looked at; 1 otherwise. */
export function exitCodeOfResults(results: readonly CheckResult[]): 0 | 1 {
  const bad = results.some(({ outcome }) => outcome.status === 'fail' || outcome.status === 'blocked');
  const looked = results.some(({ outcome }) => outcome.status === 'pass' || outcome.status === 'warn');
  return bad || !looked ? 1 : 0;
}
