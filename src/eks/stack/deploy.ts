import { awsError, interruptible } from '../../aws/index.ts';
import { IsthmusError, isIsthmusError, messageOf } from '../../errors/index.ts';
import { note } from '../../report/index.ts';
import { stackName } from '../names.ts';
import { requireOwn } from '../ownership.ts';
import { withAssembly } from '../template/assembly.ts';
import { deleteStack } from './delete.ts';
import { firstFailure, stackFailed } from './stack-failure.ts';
import { stackParameters } from './stack-parameters.ts';
import { observeStack, type StackState, stackEvents } from './stack-state.ts';
import type { StackWork } from './stack-work.ts';
import { toolkitFor } from './toolkit.ts';
import { waitForStack } from './wait-for-stack.ts';

/**
 * Bring one cluster's stack to what the file says, whatever state an earlier run left it in. Throws
 * STACK_FAILED with the first failing event, STACK_FOREIGN before anything is touched.
 */
export async function deployStack(deployment: StackWork): Promise<{ changed: boolean; created: boolean }> {
  const found = await stackAtRest(deployment);
  const state = found.state.phase === 'dead' ? await clearDead(deployment, found.state) : found.state;
  const changed = await deployOnce(deployment, state);
  return {
    changed: changed || found.waited || state !== found.state,
    created: state.phase === 'absent',
  };
}

/** The stack's state once nothing is at work on it any more. */
async function stackAtRest(deployment: StackWork): Promise<{ state: StackState; waited: boolean }> {
  const stack = nameOf(deployment);
  const state = await observeStack(deployment.account, stack);
  if (state.phase !== 'absent') requireOwn(`stack ${stack}`, state.tags, ownerOf(deployment));
  if (state.phase === 'stuck') throw stuckError(stack, state);
  if (state.phase !== 'busy') return { state, waited: false };
  note(deployment.handle, {
    level: 'info',
    code: 'STACK_RESUMED',
    message: `stack ${stack} is ${state.status}; waiting for it`,
    cluster: deployment.spec.name,
  });
  const ended = await waitForStack({ ...deployment, stack });
  if (ended.phase === 'stuck') throw stuckError(stack, ended);
  if (/ROLLBACK_COMPLETE|FAILED/.test(ended.status))
    throw stackFailed({
      stack,
      status: ended.status,
      failure: firstFailure(await stackEvents(deployment.account, ended.id ?? stack)),
    });
  return { state: ended, waited: true };
}

function stuckError(stack: string, state: StackState): IsthmusError {
  return new IsthmusError('STACK_FAILED', `stack ${stack} is ${state.status} and needs a decision`, {
    hint: `mend the cause and run \`aws cloudformation continue-update-rollback --stack-name ${stack}\`, then \`isthmus up\``,
  });
}

/** A stack whose creation failed can only be deleted; say why it had failed before it is gone. */
async function clearDead(deployment: StackWork, state: StackState): Promise<StackState> {
  const stack = nameOf(deployment);
  const failure = firstFailure(await stackEvents(deployment.account, state.id ?? stack));
  const why = failure ? `: ${failure.resource} ${failure.status}: ${failure.reason}` : '';
  note(deployment.handle, {
    level: 'warn',
    code: 'STACK_RECREATED',
    message: `stack ${stack} is ${state.status}${why}; deleting it and creating it again`,
    cluster: deployment.spec.name,
  });
  await deleteStack({ ...deployment, stack });
  return observeStack(deployment.account, stack);
}

async function deployOnce(deployment: StackWork, before: StackState): Promise<boolean> {
  const { topology, spec, account, handle, signal } = deployment;
  const stack = nameOf(deployment);
  const parameters = await stackParameters(deployment);
  let unchanged = false;
  await withAssembly(topology, spec, async (directory) => {
    const { StackParameters } = await import('@aws-cdk/toolkit-lib');
    const toolkit = await toolkitFor(account, handle, (noOp) => {
      unchanged = noOp;
    });
    const deploying = toolkit.deploy(await toolkit.fromAssemblyDirectory(directory), {
      parameters: StackParameters.exactly(parameters),
      stackEventPollingInterval: deployment.pollMs,
      ...(spec.cloudFormationRole === undefined ? {} : { roleArn: spec.cloudFormationRole }),
    });
    await interruptible(signal, `deploying stack ${stack}`, deploying).catch((error: unknown) =>
      explain(deployment, error),
    );
  });
  return !unchanged || before.terminationProtection !== spec.terminationProtection;
}

/**
 * toolkit-lib's error as the stack's own first failing event, when CloudFormation got so far. Where only
 * our look at it failed, CloudFormation works on, and so the wait goes on.
 */
async function explain(deployment: StackWork, error: unknown): Promise<void> {
  if (isIsthmusError(error)) throw error;
  const { account } = deployment;
  const stack = nameOf(deployment);
  const seen = await observeStack(account, stack);
  const state = seen.phase === 'busy' ? await waitForStack({ ...deployment, stack }) : seen;
  if (seen.phase === 'busy' && /^(CREATE|UPDATE)_COMPLETE$/.test(state.status)) return;
  const failure = firstFailure(await stackEvents(account, state.id ?? stack));
  if (/ROLLBACK|FAILED/.test(state.status))
    throw stackFailed({ stack, status: state.status, failure, fallback: messageOf(error) });
  throw awsError(error, `deploying stack ${stack}`);
}

const ownerOf = ({ topology, spec }: StackWork) => ({ mesh: topology.name, cluster: spec.name });

const nameOf = ({ topology, spec }: Pick<StackWork, 'topology' | 'spec'>): string =>
  stackName(topology.name, spec.name);
