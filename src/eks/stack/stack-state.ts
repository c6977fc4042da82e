import type { Stack, StackEvent } from '@aws-sdk/client-cloudformation';
import type { AwsAccount } from '../../aws/index.ts';
import { awsError, isMissing } from '../../aws/index.ts';

/** What a stack's status asks of whoever wants it up to date. */
export type StackPhase =
  | 'absent'
  /** Something is at work on it; wait, then look again. */
  | 'busy'
  | 'good'
  /** Its creation failed; it can only be deleted. */
  | 'dead'
  /** Its roll-back failed; a person must decide. */
  | 'stuck';

export interface StackState {
  readonly phase: StackPhase;
  /** CloudFormation's word, such as `CREATE_COMPLETE`; `absent` without a stack. */
  readonly status: string;
  readonly id: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  /** Values of its template's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
}

const dead = new Set(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED']);
const absent: StackState = {
  phase: 'absent',
  status: 'absent',
  id: undefined,
  outputs: {},
  parameters: {},
  tags: {},
  terminationProtection: false,
};

/** What a status asks for. `REVIEW_IN_PROGRESS` is a change set that nobody executed: nothing exists yet. */
export function phaseOf(status: string): StackPhase {
  if (status === 'DELETE_COMPLETE' || status === 'REVIEW_IN_PROGRESS') return 'absent';
  if (status.endsWith('_IN_PROGRESS')) return 'busy';
  if (dead.has(status)) return 'dead';
  return status === 'UPDATE_ROLLBACK_FAILED' || status === 'UPDATE_FAILED' ? 'stuck' : 'good';
}

/** One stack by name; phase `absent` if there is none. Throws AWS_REFUSED, AWS_CREDENTIALS_MISSING. */
export async function observeStack(account: AwsAccount, name: string): Promise<StackState> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks[0] ? stateOf(Stacks[0]) : absent;
  } catch (error) {
    if (isMissing(error)) return absent;
    throw awsError(error, `looking at stack ${name}`);
  }
}

function stateOf(stack: Stack): StackState {
  const status = stack.StackStatus ?? 'absent';
  return {
    phase: phaseOf(status),
    status,
    id: stack.StackId,
    outputs: pairs((stack.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue])),
    parameters: pairs((stack.Parameters ?? []).map((one) => [one.ParameterKey, one.ParameterValue])),
    tags: pairs((stack.Tags ?? []).map((one) => [one.Key, one.Value])),
    terminationProtection: stack.EnableTerminationProtection ?? false,
  };
}

function pairs(
  entries: readonly (readonly [string | undefined, string | undefined])[],
): Record<string, string> {
  return Object.fromEntries(entries.map(([key = '', value = '']) => [key, value]));
}

/** Every stack that exists in a place, as name and state. */
export async function listStacks(account: AwsAccount): Promise<{ name: string; state: StackState }[]> {
  const { paginateDescribeStacks } = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  const found: { name: string; state: StackState }[] = [];
  try {
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
      for (const stack of Stacks) found.push({ name: stack.StackName ?? '', state: stateOf(stack) });
  } catch (error) {
    throw awsError(error, `listing stacks in ${account.target.region}`);
  }
  return found.filter(({ state }) => state.phase !== 'absent');
}

/** A stack's events, newest first; none if it does not exist. */
export async function stackEvents(account: AwsAccount, nameOrId: string): Promise<StackEvent[]> {
  const { paginateDescribeStackEvents } = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  const events: StackEvent[] = [];
  try {
    for await (const page of paginateDescribeStackEvents({ client }, { StackName: nameOrId }))
      events.push(...(page.StackEvents ?? []));
    return events;
  } catch (error) {
    if (isMissing(error)) return events;
    throw awsError(error, `reading the events of stack ${nameOrId}`);
  }
}
