import { setTimeout as delay } from 'node:timers/promises';
import { IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';

/** Thrown by an attempt to say "not yet". Anything else that it throws ends the wait at once. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

export interface WaitOptions {
  /** What is waited for, as the end of the sentence "timed out waiting for …". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** First pause; grows by half up to `maxDelayMs`. Milliseconds. */
  readonly delayMs?: number | undefined;
  readonly maxDelayMs?: number | undefined;
  readonly onRetry?: ((reason: string) => void) | undefined;
  readonly hint?: string | undefined;
}

/**
 * Call `attempt` until it returns, retrying only {@link NotReady}. TIMED_OUT carries the last reason.
 * The attempt gets a signal that fires when the time is over or the caller gives up.
 */
export async function waitUntil<T>(
  options: WaitOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  let pause = options.delayMs ?? 100;
  let reason = 'it was never looked at';
  for (;;) {
    throwIfOver(options, deadline, reason);
    try {
      return await attempt(signal);
    } catch (error) {
      if (!(error instanceof NotReady)) {
        throwIfOver(options, deadline, endedBy(error, signal) ? reason : messageOf(error));
        throw error;
      }
      reason = messageOf(error);
      options.onRetry?.(reason);
    }
    await delay(pause, undefined, { signal }).catch(() => {});
    pause = Math.min(pause * 1.5, options.maxDelayMs ?? 1000);
  }
}

/** Did the attempt end for no other reason than that its time was over? */
const endedBy = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason ||
  (isIsthmusError(error) && error.code === 'INTERRUPTED') ||
  (error instanceof Error && error.name === 'AbortError');

function throwIfOver(options: WaitOptions, deadline: AbortSignal, reason: string): void {
  if (options.signal?.aborted)
    throw new IsthmusError('INTERRUPTED', `interrupted while waiting for ${options.what}`);
  if (!deadline.aborted) return;
  const seconds = (options.timeoutMs / 1000).toFixed(options.timeoutMs < 10_000 ? 1 : 0);
  throw new IsthmusError('TIMED_OUT', `timed out after ${seconds} s waiting for ${options.what}: ${reason}`, {
    hint: options.hint,
  });
}
