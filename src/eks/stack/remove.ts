import { type AwsAccount, awsError, isMissing, throughBlinks } from '../../aws/index.ts';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { taggedLoadBalancers } from '../load-balancers/find.ts';
import { logGroupName } from '../names.ts';
import { type Owner, requireOwn } from '../ownership.ts';
import { deleteStack } from './delete.ts';
import { observeStack } from './stack-state.ts';
import type { StackWait } from './wait-for-stack.ts';

export interface Removal extends StackWait {
  readonly owner: Owner;
  /** Milliseconds that load balancers may take to go after their Services have. */
  readonly loadBalancerMs: number;
}

/**
 * Remove one cluster's stack once its load balancers are gone. True if there was anything; gone is success. Throws
 * STACK_FOREIGN before anything is touched if the stack is not the owner's.
 */
export async function removeEksCluster(removal: Removal): Promise<boolean> {
  const { account, stack, owner } = removal;
  const state = await observeStack(account, stack);
  if (state.phase === 'absent') return false;
  requireOwn(`stack ${stack}`, state.tags, owner);
  await waitForNoLoadBalancer(removal);
  const since = Date.now();
  const removed = await deleteStack(removal);
  await removeLateLogs(account, logGroupName(stack), since);
  return removed;
}

/** The VPC cannot go before them, and only the cluster's own controller deletes them. */
async function waitForNoLoadBalancer(removal: Removal): Promise<void> {
  const { stack, signal, pollMs, loadBalancerMs, handle } = removal;
  let left: readonly string[] | undefined;
  try {
    await waitUntil(
      {
        what: `the load balancers of ${stack} to go`,
        timeoutMs: loadBalancerMs,
        signal,
        delayMs: pollMs,
        maxDelayMs: Math.max(pollMs, 5000),
        onRetry: (message) => handle.progress({ message }),
      },
      throughBlinks(async () => {
        left = undefined;
        left = await arnsLeft(removal);
        if (left.length > 0) throw new NotReady(`${left.length} load balancers are left`);
      }),
    );
  } catch (error) {
    // Without a last look that saw any, the time-out itself says why nobody knows.
    if (!left?.length || !isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
    throw new IsthmusError('REMOVE_INCOMPLETE', `${stack} still has load balancers: ${left.join(', ')}`, {
      hint: 'delete the Services of type LoadBalancer that they belong to, or the load balancers themselves, and run `isthmus down` again',
    });
  }
}

async function arnsLeft({ account, stack }: Removal): Promise<readonly string[]> {
  const balancers = await taggedLoadBalancers(account, stack);
  return balancers.map(({ balancer }) => balancer.LoadBalancerArn ?? '');
}

/** A control plane's last lines may make its log group again after the stack has deleted it. */
async function removeLateLogs(account: AwsAccount, name: string, since: number): Promise<void> {
  const { DeleteLogGroupCommand, DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await account.logs();
  try {
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    const late = logGroups.find((one) => one.logGroupName === name && (one.creationTime ?? 0) >= since);
    if (late) await client.send(new DeleteLogGroupCommand({ logGroupName: name }));
  } catch (error) {
    if (!isMissing(error)) throw awsError(error, `removing the log group ${name}`);
  }
}
