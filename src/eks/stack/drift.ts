import type {
  DescribeStackDriftDetectionStatusCommandOutput,
  PropertyDifference,
  StackResourceDrift,
} from '@aws-sdk/client-cloudformation';
import { awsError, throughBlinks } from '../../aws/index.ts';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import { note, redact } from '../../report/index.ts';
import { stackName } from '../names.ts';
import { parametersOf } from '../template/parameters.ts';
import type { StackWork } from './stack-work.ts';

/** What someone changed behind CloudFormation's back. */
export interface StackDrift {
  /** One line per resource or property. */
  readonly lines: readonly string[];
  /** How a person undoes it: an update with the same template changes nothing. */
  readonly remedy: string;
  /** Why nobody could look, if so. */
  readonly unseen: string | undefined;
}

/**
 * Ask AWS to compare a stack with what exists, which changes nothing. Drift that cannot be looked at is
 * said, not hidden and no error: it needs permissions and time that the rest does not.
 */
export async function detectDrift(work: StackWork): Promise<StackDrift> {
  const remedy = remedyFor(work);
  try {
    return { lines: (await driftedResources(work)).flatMap(driftLines), remedy, unseen: undefined };
  } catch (error) {
    if (!isIsthmusError(error) || !['AWS_REFUSED', 'TIMED_OUT'].includes(error.code)) throw error;
    return { lines: [], remedy, unseen: `drift was not looked at: ${error.message}` };
  }
}

/** Say what `up` has left as it is, and how to undo it. */
export async function warnOfDrift(work: StackWork): Promise<void> {
  const { topology, spec, handle } = work;
  const { lines, remedy, unseen } = await detectDrift(work);
  const cluster = spec.name;
  if (unseen !== undefined)
    note(handle, { level: 'info', code: 'STACK_DRIFT_UNSEEN', message: unseen, cluster });
  if (lines.length === 0) return;
  const stack = stackName(topology.name, cluster);
  note(handle, {
    level: 'warn',
    code: 'STACK_DRIFTED',
    message: `stack ${stack} was changed by something else and up did not undo it: ${lines.join('; ')}; ${remedy}`,
    cluster,
  });
}

function remedyFor({ topology, spec }: StackWork): string {
  const set = `--stack-name ${stackName(topology.name, spec.name)} --change-set-name undo-drift --region ${spec.region}`;
  const kept = parametersOf(spec).map((name) => `ParameterKey=${name},UsePreviousValue=true`);
  const parameters = kept.length === 0 ? '' : ` --parameters ${kept.join(' ')}`;
  return [
    'change it back, or run',
    `\`aws cloudformation create-change-set ${set} --use-previous-template --deployment-mode REVERT_DRIFT --capabilities CAPABILITY_IAM${parameters}\`,`,
    `look at the change set, then \`aws cloudformation execute-change-set ${set}\``,
  ].join(' ');
}

async function driftedResources({
  account,
  topology,
  spec,
  signal,
  pollMs,
}: StackWork): Promise<StackResourceDrift[]> {
  const stack = stackName(topology.name, spec.name);
  const cfn = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  try {
    const { StackDriftDetectionId } = await client.send(
      new cfn.DetectStackDriftCommand({ StackName: stack }),
    );
    await waitUntil(
      { what: `drift detection of ${stack}`, timeoutMs: 300_000, signal, delayMs: pollMs, maxDelayMs: 5000 },
      throughBlinks(async () => {
        const status = new cfn.DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId });
        requireDetected(stack, await client.send(status));
      }),
    );
    const found: StackResourceDrift[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new cfn.DescribeStackResourceDriftsCommand({
          StackName: stack,
          StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
          NextToken,
        }),
      );
      found.push(...(page.StackResourceDrifts ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  } catch (error) {
    throw awsError(error, `comparing stack ${stack} with what exists`);
  }
}

/** Only a completed detection says anything; one that failed may have compared some resources, or none. */
function requireDetected(stack: string, answer: DescribeStackDriftDetectionStatusCommandOutput): void {
  const { DetectionStatus: status, DetectionStatusReason: reason = 'no reason given' } = answer;
  if (status === 'DETECTION_IN_PROGRESS') throw new NotReady('it is still comparing');
  if (status === 'DETECTION_COMPLETE') return;
  throw new IsthmusError('AWS_REFUSED', `comparing stack ${stack} with what exists: ${status}: ${reason}`, {
    hint: 'give this identity the rights to read every resource of the stack, and run `isthmus plan` again',
  });
}

function driftLines(drift: StackResourceDrift): string[] {
  const what = `${drift.LogicalResourceId} (${drift.ResourceType})`;
  if (drift.StackResourceDriftStatus === 'DELETED') return [`drift: ${what} was deleted`];
  return (drift.PropertyDifferences ?? []).map((difference) =>
    redact(`drift: ${what}${differenceText(difference)}`),
  );
}

function differenceText({ PropertyPath, ExpectedValue, ActualValue }: PropertyDifference): string {
  const path = (PropertyPath ?? '').replace(/^\//, '').replaceAll('/', '.');
  return ` ${path}: ${ExpectedValue ?? 'absent'} → ${ActualValue ?? 'absent'}`;
}
