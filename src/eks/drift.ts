import type { PropertyDifference, StackResourceDrift } from '@aws-sdk/client-cloudformation';
import { NotReady, waitUntil } from '../process/index.ts';
import type { AwsAccount } from './account.ts';
import { awsError } from './aws-error.ts';
import { redact } from './redact.ts';

/**
 * What someone changed behind CloudFormation's back, one line per resource or property. Asks AWS to
 * compare, which changes nothing.
 */
export async function stackDrift(
  account: AwsAccount,
  stack: string,
  { signal, pollMs }: { signal: AbortSignal; pollMs: number },
): Promise<string[]> {
  const cfn = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  try {
    const { StackDriftDetectionId } = await client.send(
      new cfn.DetectStackDriftCommand({ StackName: stack }),
    );
    await waitUntil(
      { what: `drift detection of ${stack}`, timeoutMs: 300_000, signal, delayMs: pollMs, maxDelayMs: 5000 },
      async () => {
        const answer = await client.send(
          new cfn.DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }),
        );
        if (answer.DetectionStatus === 'DETECTION_IN_PROGRESS') throw new NotReady('it is still comparing');
      },
    );
    const drifts = await client.send(
      new cfn.DescribeStackResourceDriftsCommand({
        StackName: stack,
        StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
      }),
    );
    return (drifts.StackResourceDrifts ?? []).flatMap(driftLines);
  } catch (error) {
    throw awsError(error, `comparing stack ${stack} with what exists`);
  }
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
