import { setTimeout as delay } from 'node:timers/promises';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { refusalStatus } from '../../kubernetes/index.ts';
import { type Finding, fail, type Outcome, warn } from '../../report/index.ts';
import type { Check, CheckRunContext } from './check.ts';
import { concurrency } from './each-cluster.ts';
import type { CheckRun } from './subject.ts';
import { tellFinding } from './tell-finding.ts';

/** What a look came to, and whether it could look at all. */
export interface CheckRunResult {
  readonly outcome: Outcome;
  readonly saw: boolean;
  /** What it wanted to look at went away between finding it and asking it. */
  readonly gone: boolean;
  /** Looking again would find the same: each of its problems was made sure of. */
  readonly lasting: boolean;
}

/**
 * Take one look. Whatever it throws becomes a fail with the error as evidence, and so does running
 * out of time: not knowing is never a pass. Only an interruption is thrown on.
 */
export async function runCheck(run: CheckRun, context: CheckRunContext): Promise<CheckRunResult> {
  const limit = timeLimitOf(run.check, context.clusters.length);
  const over = new AbortController();
  const timer = AbortSignal.any([over.signal, context.signal]);
  const deadline = AbortSignal.timeout(limit);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    const outcome = await Promise.race([start(run, { ...context, signal }), expire(limit, timer)]);
    return { outcome: finish(run, outcome, context), saw: true, gone: false, lasting: isLasting(outcome) };
  } catch (error) {
    throwIfInterrupted(context.signal);
    const outcome = thrown(run, deadline.aborted ? outOfTime(limit) : error);
    const gone = refusalStatus(error) === 404;
    return { outcome: told(run, outcome, context), saw: false, gone, lasting: false };
  } finally {
    over.abort();
  }
}

const isLasting = (outcome: Outcome<Finding>): boolean =>
  outcome.status === 'fail' && outcome.problems.every((one) => one.isLasting === true);

/** The one place where a subject meets its check; `checkRunsOf` made them for each other. */
function start({ check, subject }: CheckRun, context: CheckRunContext): Promise<Outcome<Finding>> {
  return (check.run as (context: CheckRunContext, subject: unknown) => Promise<Outcome<Finding>>)(
    context,
    subject,
  );
}

async function expire(limit: number, signal: AbortSignal): Promise<never> {
  // Two hundred milliseconds of grace let a look that heeds its signal say what it waited for.
  await delay(limit + 200, undefined, { signal });
  throw outOfTime(limit);
}

/** Milliseconds for one look of a check: its limit for each so many clusters that it reads. */
function timeLimitOf(check: Check, clusters: number): number {
  const read = check.scope === 'mesh' || check.readsEveryCluster ? clusters : 1;
  return check.timeoutMs * Math.max(1, Math.ceil(read / concurrency));
}

const outOfTime = (limit: number) => new IsthmusError('TIMED_OUT', `no answer within ${limit / 1000} s`);

export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new IsthmusError('INTERRUPTED', 'interrupted while checks ran');
}

function thrown({ check, label }: CheckRun, error: unknown): Outcome<Finding> {
  const problem: Finding = {
    message: messageOf(error),
    cluster: check.scope === 'cluster' ? label : undefined,
    evidence: isIsthmusError(error) ? error.code : undefined,
    fix: isIsthmusError(error) ? error.hint : undefined,
  };
  return fail(`could not look: ${messageOf(error).split('\n')[0]}`, [problem]);
}

/** What a warning check finds never fails. That it could not look does: nobody knows then. */
function finish(run: CheckRun, outcome: Outcome<Finding>, context: CheckRunContext): Outcome {
  const said = told(run, outcome, context);
  const lenient = run.check.severity === 'warning' && said.status === 'fail';
  return lenient ? warn(said.detail, said.problems, said.evidence) : said;
}

/** Every problem says what to do, in the words of this mesh. */
function told({ check, label }: CheckRun, outcome: Outcome<Finding>, audience: CheckRunContext): Outcome {
  if (outcome.status !== 'fail' && outcome.status !== 'warn') return outcome;
  const subject = check.scope === 'cluster' ? label : undefined;
  const problems = outcome.problems.map((one) => tellFinding(one, { check, subject, audience }));
  return { ...outcome, problems };
}
