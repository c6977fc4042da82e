import pLimit from 'p-limit';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { blocked, type CheckResult, type Outcome, type Reporter } from '../../report/index.ts';
import { Facts } from '../facts/facts.ts';
import { type Check, type CheckContext, type LookContext, pageOf } from './check.ts';
import { inMotion } from './rollout.ts';
import { type Looked, runLook, throwIfInterrupted } from './run-check.ts';
import { type Look, looksOf, overlap } from './subject.ts';

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
}

/** Looks at a time; each is a few requests, and a mesh may have very many looks. */
export const atOnce = 16;

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
  const looks = inOrder(checks).flatMap((check) => looksOf(check, context));
  const results = new Map<Look, CheckResult>();
  const limit = options.limit ?? pLimit(atOnce);
  let { facts } = options;
  const round = () => {
    const known = facts ?? new Facts(context);
    facts = undefined;
    return takeLooks({ looks, results, limit, context: { ...context, facts: known } });
  };
  if (wait > 0) await repeat(round, { wait, signal });
  else await round();
  return looks.flatMap((look) => results.get(look) ?? []);
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

interface LooksDue {
  readonly looks: readonly Look[];
  readonly results: Map<Look, CheckResult>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly context: LookContext;
}

/** Take every look that has not passed yet; returns how many are still bad. */
async function takeLooks({ looks, results, limit, context }: LooksDue): Promise<number> {
  const running = new Map<Look, Promise<CheckResult>>();
  for (const look of looks) {
    const last = results.get(look);
    if (last && !isBad(last)) running.set(look, Promise.resolve(last));
    else running.set(look, takeLook(look, { running, limit, context }));
  }
  const settled = await Promise.allSettled(running.values());
  throwIfInterrupted(context.signal);
  const broken = settled.find((one) => one.status === 'rejected');
  if (broken) throw broken.reason;
  for (const [look, result] of running) results.set(look, await result);
  return [...results.values()].filter(isBad).length;
}

interface Round {
  /** Looks that were begun before this one; those that it needs are among them. */
  readonly running: ReadonlyMap<Look, Promise<CheckResult>>;
  readonly limit: ReturnType<typeof pLimit>;
  readonly context: LookContext;
}

async function takeLook(look: Look, round: Round): Promise<CheckResult> {
  const { check, label } = look;
  const { reporter } = round.context;
  const by = await blocker(look, [...round.running]);
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
        return lookSurely(look, round.context);
      });
  const durationMs = Date.now() - started;
  const { id, title } = check;
  const result: CheckResult = { id, title, subject: label, outcome, durationMs, docs: pageOf(id) };
  reporter.emit({ type: 'check-result', time: Date.now(), result });
  return result;
}

/** How long a failure may be put down to pods that come and go. */
const settlesMs = 15_000;

/**
 * A failure during a roll-out is looked at again until it passes, nothing moves any more or the time
 * is over. Where what was asked had just gone, or a look that settles could not look, a second one is
 * taken in any case.
 */
async function lookSurely(look: Look, context: LookContext): Promise<Outcome> {
  let last = await runLook(look, context);
  const settles = look.check.settles === true;
  const doubtful = ({ outcome, saw }: Looked) => outcome.status === 'fail' && (settles || !saw);
  let blind = last.gone || (settles && !last.saw);
  const { signal } = context;
  const options = { what: 'pods to settle', timeoutMs: settlesMs, signal, delayMs: 1_000 };
  const again = async () => {
    if (!doubtful(last) || !(blind || (await inMotion(context)))) return;
    blind = false;
    last = await runLook(look, { ...context, facts: new Facts(context) });
    if (doubtful(last)) throw new NotReady(last.outcome.status);
  };
  try {
    if (doubtful(last)) await waitUntil(options, again);
  } catch (error) {
    throwIfInterrupted(signal);
    if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
  }
  return last.outcome;
}

/** The first needed look about a cluster of this one that failed or was blocked itself. */
async function blocker(
  look: Look,
  begun: readonly (readonly [Look, Promise<CheckResult>])[],
): Promise<string | undefined> {
  for (const [other, result] of begun) {
    if (!look.check.needs.includes(other.check.id) || !overlap(look, other)) continue;
    const { id, subject, outcome } = await result;
    if (outcome.status === 'fail') return subject ? `${id} (${subject})` : id;
    if (outcome.status === 'blocked') return outcome.by;
  }
  return undefined;
}
