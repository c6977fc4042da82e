import type { AwsAccount } from '../../aws/index.ts';
import { interruptible } from '../../aws/index.ts';
import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { type Owner, requireOwn } from '../ownership.ts';
import { describeEksCluster } from '../sign-in/connection.ts';
import { withPlaceholder } from '../template/placeholder.ts';
import { firstFailure, stackFailed } from './stack-failure.ts';
import { observeStack, type StackState, stackEvents } from './stack-state.ts';
import { toolkitFor } from './toolkit.ts';
import { type StackWait, waitForStack } from './wait-for-stack.ts';

/**
 * Delete a stack and wait until it is gone, also when another run has begun to. Gone is success; true
 * if there was one. Throws STACK_FAILED with the first thing that could not be deleted.
 */
export async function deleteStack(wait: StackWait): Promise<boolean> {
  const found = await observeStack(wait.account, wait.stack);
  if (found.phase === 'absent') return false;
  const state = found.phase === 'busy' ? await waitForStack(wait) : found;
  if (state.phase === 'absent') return true;
  if (state.terminationProtection) throw protectedError(wait.stack, state, 'termination');
  const failure = await destroy(wait).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (failure && isIsthmusError(failure.error)) throw failure.error;
  const after = await observeStack(wait.account, wait.stack);
  if (after.phase === 'absent') return true;
  const events = await stackEvents(wait.account, after.id ?? wait.stack);
  throw stackFailed({
    stack: wait.stack,
    status: after.status,
    failure: firstFailure(events),
    fallback: messageOf(failure?.error ?? 'still there'),
  });
}

/**
 * Throws STACK_FAILED if a stack or its cluster is protected from deletion, STACK_FOREIGN if it is not the
 * owner's; looks only.
 */
export async function requireUnprotected(account: AwsAccount, stack: string, owner: Owner): Promise<void> {
  const state = await observeStack(account, stack);
  if (state.phase !== 'absent') requireOwn(`stack ${stack}`, state.tags, owner);
  if (state.terminationProtection) throw protectedError(stack, state, 'termination');
  if (state.phase === 'absent') return;
  const cluster = await describeEksCluster(account, stack);
  if (cluster?.deletionProtection) throw protectedError(stack, state, 'deletion');
}

function protectedError(stack: string, state: StackState, kind: 'termination' | 'deletion') {
  const fallback = `it has ${kind} protection; nothing was removed`;
  return stackFailed({ stack, status: state.status, fallback });
}

async function destroy({ account, stack, handle, signal, pollMs }: StackWait): Promise<void> {
  await withPlaceholder({ stack, region: account.target.region }, async (directory) => {
    const toolkit = await toolkitFor(account, handle);
    const destroying = toolkit.destroy(await toolkit.fromAssemblyDirectory(directory), {
      stackEventPollingInterval: pollMs,
    });
    await interruptible(signal, `deleting stack ${stack}`, destroying);
  });
}
