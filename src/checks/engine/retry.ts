import { isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { Outcome } from '../../report/index.ts';
import { Facts } from '../facts/facts.ts';
import type { CheckRunContext } from './check.ts';
import { type CheckRunResult, runCheck, throwIfInterrupted } from './run-check.ts';
import type { CheckRun } from './subject.ts';

/** How long, and how often, a failure is looked at again. */
export interface RetryLimits {
  /** How long a failure may be put down to pods that come and go. */
  readonly rolloutMs: number;
  /** Between two looks. */
  readonly delayMs: number;
  /** For one list of pods, by which a roll-out is seen. */
  readonly listMs: number;
}

const usual: RetryLimits = { rolloutMs: 15_000, delayMs: 1_000, listMs: 3_000 };

/**
 * A failure during a roll-out is looked at again until it passes, was seen while nothing moved, or the
 * time is over. Where what was asked had just gone, or a look that settles could not look, a second one is
 * taken in any case.
 */
export async function runWithRetry(
  run: CheckRun,
  context: CheckRunContext,
  { rolloutMs, delayMs, listMs }: RetryLimits = usual,
): Promise<Outcome> {
  let since = Date.now();
  let last = await runCheck(run, context);
  const retries = run.check.retryWhileRollingOut === true;
  const doubtful = ({ outcome, saw, lasting }: CheckRunResult) =>
    outcome.status === 'fail' && !lasting && (retries || !saw);
  let blind = last.gone || (retries && !last.saw);
  const { signal } = context;
  const options = { what: 'pods to settle', timeoutMs: rolloutMs, signal, delayMs };
  const again = async () => {
    if (!doubtful(last) || !(blind || (await context.facts.rollOuts.underWay({ listMs, since })))) return;
    blind = false;
    since = Date.now();
    last = await runCheck(run, { ...context, facts: new Facts(context, { alone: true }) });
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
