import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { type CheckResult, type DrillVerdict, type Reporter, span } from '../../report/index.ts';
import type { Findings } from './findings.ts';
import type { Journal } from './journal.ts';

export interface ProveUndoneOptions {
  readonly journal: Journal;
  readonly check: (options: { waitMs: number; signal: AbortSignal }) => Promise<readonly CheckResult[]>;
  readonly findings: Findings;
  /** Let the checks be where nobody waits for them. */
  readonly withoutChecks: boolean;
  readonly reporter: Reporter;
  /** Not the user's: an interrupted drill is undone all the same. */
  readonly signal: AbortSignal;
}

/** How long pods may take to be back, so that checks pass again. Milliseconds. */
const backMs = 180_000;

/** Undo what is left, and prove it by the objects and by the checks that passed before. */
export async function proveUndone(options: ProveUndoneOptions): Promise<DrillVerdict['undone']> {
  const { journal, reporter, signal, findings } = options;
  const started = Date.now();
  const title = 'every object as before, every check passes';
  return span(reporter, { title: `prove: ${title}` }, async () => {
    const problems = await whatIsLeft(options);
    findings.steps.push({ phase: 'prove', title, seconds: (Date.now() - started) / 1000 });
    // What could not be reached keeps its record, so that the next run goes on with it.
    if (!problems.some(({ unfinished }) => unfinished)) await journal.close(signal);
    return { complete: problems.length === 0, problems: problems.map(({ message }) => message) };
  });
}

interface Left {
  readonly message: string;
  /** It can be undone yet. */
  readonly unfinished: boolean;
}

async function whatIsLeft({ journal, check, withoutChecks, signal }: ProveUndoneOptions): Promise<Left[]> {
  try {
    const edited = await journal.undo(signal);
    const different = edited.length > 0 ? edited : await differencesLeft(journal, signal);
    const results = withoutChecks ? [] : await check({ waitMs: backMs, signal });
    const bad = results.filter(({ outcome }) => outcome.status === 'fail' || outcome.status === 'blocked');
    const failing = bad.map(
      ({ id, subject }) => `check ${id}${subject ? ` ${subject}` : ''} does not pass as before`,
    );
    return [...different, ...failing].map((message) => ({ message, unfinished: false }));
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'BUG') throw error;
    const message = `${messageOf(error)}; isthmus drill --undo goes on`;
    return [{ message, unfinished: true }];
  }
}

/** Controllers may take a moment to let go of what they wrote while it was otherwise. */
async function differencesLeft(journal: Journal, signal: AbortSignal): Promise<string[]> {
  let left: string[] = [];
  try {
    await waitUntil({ what: 'every object to be as before', timeoutMs: 10_000, signal }, async () => {
      left = await journal.differences(signal);
      if (left.length > 0) throw new NotReady(left.join('; '));
    });
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
  }
  return left;
}
