import pLimit from 'p-limit';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { blocked, type CheckResult, groupBy, type Outcome, type Reporter } from '../../report/index.ts';
import { Facts } from '../facts/facts.ts';
import { type Check, type CheckRunContext, pageOf } from './check.ts';
import type { CheckContext } from './check-context.ts';
import { concurrency } from './each-cluster.ts';
import { type RetryLimits, runWithRetry } from './retry.ts';
import { throwIfInterrupted } from './run-check.ts';
import { type CheckRun, checkRunsOf, overlap } from './subject.ts';

export interface RunChecksOptions {
  readonly checks: readonly Check[];
  readonly context: CheckContext;
  /** Milliseconds to look again at what is not true yet; 0 or undefined looks once. */
  readonly wait?: number | undefined;
  /** Instead of the context's. */
  readonly reporter?: Reporter | undefined;
  /** Instead of the context's. */
  readonly signal?: AbortSignal | undefined;
  /** Facts that other runs share, for the first round. */
  readonly facts?: Facts | undefined;
  /** A limit that other runs share. */
  readonly limit?: ReturnType<typeof pLimit> | undefined;
  /** How long failures are looked at again; the usual limits when undefined. */
  readonly retry?: RetryLimits | undefined;
}

/**
 * Run checks, independent ones at the same time. Every check and subject appears in the results
 * exactly once, in the order of the catalogue and the file. Needs that were not selected do not
 * block. INTERRUPTED if the signal fires; nothing else is thrown.
 */
export async function runChecks(options: RunChecksOptions): Promise<CheckResult[]> {
  const { checks, wait = 0 } = options;
  const reporter = options.reporter ?? options.context.reporter;
  const signal = options.signal ?? options.context.signal;
  const context = { ...options.context, reporter, signal };
  const runs = inOrder(checks).flatMap((check) => checkRunsOf(check, context));
  const results = new Map<CheckRun, CheckResult>();
  const limit = options.limit ?? pLimit(concurrency);
  let { facts } = options;
  const round = () => {
    const known = facts ?? new Facts(context);
    facts = undefined;
    return runDue({ runs, results, limit, retry: options.retry, context: { ...context, facts: known } });
  };
  if (wait > 0) await repeat(round, { wait, signal });
  else await round();
  return runs.flatMap((run) => results.get(run) ?? []);
}

/** Needed checks before those that need them; otherwise as given. */
function inOrder(checks: readonly Check[]): Check[] {
  const sorted: Check[] = [];
  const visit = (check: Check, path: readonly string[]): void => {
    if (path.includes(check.id)) throw new IsthmusError('BUG', `check ${check.id} needs itself`);
    if (sorted.includes(check)) return;
    for (const need of checks.filter(({ id }) => check.needs.includes(id))) visit(need, [...path, check.id]);
    sorted.push(check);
  };
  for (const check of checks) visit(check, []);
  return sorted;
}

async function repeat(
  round: () => Promise<number>,
  { wait, signal }: { wait: number; signal: AbortSignal },
): Promise<void> {
  const options = { what: 'every check to pass', timeoutMs: wait, signal, delayMs: 500, maxDelayMs: 3000 };
  try {
    await waitUntil(options, async () => {
      const bad = await round();
      if (bad > 0) throw new NotReady(`${bad} are not true yet`);
    });
  } catch (error) {
    // The time is over: the last results say what is still not true.
    if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
  }
}

const isBad = ({ outcome: { status } }: CheckResult): boolean => status === 'fail' || status === 'blocked';

interface DueRuns {
  readonly runs: readonly CheckRun[];
  readonly results: Map<CheckRun, CheckResult>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly retry: RetryLimits | undefined;
  readonly context: CheckRunContext;
}

/** Take every look that has not passed yet; returns how many are still bad. */
async function runDue({ runs, results, limit, retry, context }: DueRuns): Promise<number> {
  const running = new Map<CheckRun, Promise<CheckResult>>();
  for (const run of inTurns(runs)) {
    const last = results.get(run);
    if (last && !isBad(last)) running.set(run, Promise.resolve(last));
    else running.set(run, runOne(run, { running, limit, retry, context }));
  }
  const settled = await Promise.allSettled(running.values());
  throwIfInterrupted(context.signal);
  const broken = settled.find((one) => one.status === 'rejected');
  if (broken) throw broken.reason;
  for (const [run, result] of running) results.set(run, await result);
  return [...results.values()].filter(isBad).length;
}

/**
 * A check's looks at pairs begin with one from each cluster, then a second from each: looks from one cluster
 * often wait for the same answer, and would hold every place in the limit while they do.
 */
function inTurns(runs: readonly CheckRun[]): CheckRun[] {
  const begun = new Map<string, number>();
  const places = runs.map((run) => {
    const key = `${run.check.id} ${run.clusters[0]}`;
    const turn = begun.get(key) ?? 0;
    begun.set(key, turn + 1);
    return { run, turn };
  });
  const byCheck = groupBy(places, ({ run }) => run.check.id);
  return [...byCheck.values()].flatMap((own) =>
    own.toSorted((a, b) => a.turn - b.turn).map(({ run }) => run),
  );
}

interface Round {
  /** Looks that were begun before this one; those that it needs are among them. */
  readonly running: ReadonlyMap<CheckRun, Promise<CheckResult>>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly retry: RetryLimits | undefined;
  readonly context: CheckRunContext;
}

async function runOne(run: CheckRun, round: Round): Promise<CheckResult> {
  const { check, label } = run;
  const { reporter } = round.context;
  const by = await blocker(run, [...round.running]);
  let started = Date.now();
  const outcome: Outcome = by
    ? blocked(by)
    : await round.limit(() => {
        started = Date.now();
        reporter.emit({
          type: 'check-start',
          time: started,
          id: check.id,
          title: check.title,
          subject: label,
        });
        return runWithRetry(run, round.context, round.retry);
      });
  const durationMs = Date.now() - started;
  const { id, title } = check;
  const result: CheckResult = { id, title, subject: label, outcome, durationMs, docs: pageOf(id) };
  reporter.emit({ type: 'check-result', time: Date.now(), result });
  return result;
}

/** The first needed look about a cluster of this one that failed or was blocked itself. */
async function blocker(
  run: CheckRun,
  begun: readonly (readonly [CheckRun, Promise<CheckResult>])[],
): Promise<string | undefined> {
  for (const [other, result] of begun) {
    if (!run.check.needs.includes(other.check.id) || !overlap(run, other)) continue;
    const { id, subject, outcome } = await result;
    if (outcome.status === 'fail') return subject ? `${id} (${subject})` : id;
    if (outcome.status === 'blocked') return outcome.by;
  }
  return undefined;
}
