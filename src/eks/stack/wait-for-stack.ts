import { type AwsAccount, throughBlinks } from '../../aws/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { SpanHandle } from '../../report/index.ts';
import { eventText } from './progress.ts';
import { observeStack, type StackState, stackEvents } from './stack-state.ts';

/** EKS takes about fifteen minutes; a failing load balancer or network interface may hold a stack for an hour. */
const timeoutMs = 90 * 60_000;

export interface StackWait {
  readonly account: AwsAccount;
  readonly stack: string;
  readonly handle: SpanHandle;
  readonly signal: AbortSignal;
  /** Milliseconds between looks. */
  readonly pollMs: number;
}

/** Attach to whatever is at work on a stack, show its newest event, and return the state that it ends in. */
export async function waitForStack(wait: StackWait): Promise<StackState> {
  const { account, stack, handle, signal, pollMs } = wait;
  let shown: string | undefined;
  return waitUntil(
    {
      what: `stack ${stack} to settle`,
      timeoutMs,
      signal,
      delayMs: pollMs,
      maxDelayMs: Math.max(pollMs, 5000),
      hint: 'run the command again to go on waiting; CloudFormation works on by itself',
    },
    throughBlinks(async () => {
      const state = await observeStack(account, stack);
      if (state.phase !== 'busy') return state;
      const [newest] = await stackEvents(account, state.id ?? stack);
      if (newest?.EventId !== shown && newest) handle.progress({ message: eventText(newest) });
      shown = newest?.EventId;
      throw new NotReady(`it is ${state.status}`);
    }),
  );
}
