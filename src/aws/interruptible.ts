import { IsthmusError } from '../errors/index.ts';

/**
 * Wait for work that knows no signal. When ours fires the work goes on in AWS, where the next run
 * finds it, and the caller is told at once.
 */
export async function interruptible<T>(signal: AbortSignal, doing: string, work: Promise<T>): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(
        new IsthmusError('INTERRUPTED', `interrupted while ${doing}`, {
          hint: 'CloudFormation works on by itself; run the command again to go on from there',
        }),
      );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  work.catch(() => {
    // Reported by the race below, or of no interest after an interruption.
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
