import { afterEach, expect, test } from 'vitest';
import { detectDrift } from '../../../src/eks/stack/drift.ts';
import type { StackWork } from '../../../src/eks/stack/stack-work.ts';
import { type AwsAnswer, type AwsCall, FakeAws } from './fake-aws.ts';
import { eksSpec, meshOf } from './specs.ts';

let aws: FakeAws;
afterEach(() => aws.close());

async function drift(answer: (call: AwsCall) => AwsAnswer | undefined) {
  aws = await FakeAws.start(answer);
  const spec = eksSpec();
  const work = { topology: meshOf(spec), spec, account: aws.accounts.of(spec), pollMs: 5 };
  return detectDrift({ ...work, signal: new AbortController().signal } as StackWork);
}

const status = (text: string) =>
  `<StackId>s</StackId><StackDriftDetectionId>d</StackDriftDetectionId><DetectionStatus>${text}</DetectionStatus>
   <DetectionStatusReason>cannot read Vpc</DetectionStatusReason><Timestamp>2026-01-01T00:00:00Z</Timestamp>`;

const deleted = (id: string) =>
  `<member><StackId>s</StackId><LogicalResourceId>${id}</LogicalResourceId><ResourceType>AWS::EC2::VPC</ResourceType>
   <StackResourceDriftStatus>DELETED</StackResourceDriftStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>`;

test('a detection that failed has not looked, whatever it has compared', async () => {
  const { lines, unseen } = await drift(({ action }) => {
    if (action === 'DescribeStackDriftDetectionStatus') return status('DETECTION_FAILED');
    if (action === 'DescribeStackResourceDrifts') return '<StackResourceDrifts></StackResourceDrifts>';
    return '<StackDriftDetectionId>d</StackDriftDetectionId>';
  });
  expect(lines).toEqual([]);
  expect(unseen).toMatch(/^drift was not looked at: .* DETECTION_FAILED: cannot read Vpc$/);
});

test('it is waited for, and every page of what drifted is read', async () => {
  let looks = 0;
  const { lines, unseen } = await drift(({ action, form }) => {
    if (action === 'DescribeStackDriftDetectionStatus') {
      looks += 1;
      return status(looks < 3 ? 'DETECTION_IN_PROGRESS' : 'DETECTION_COMPLETE');
    }
    if (action !== 'DescribeStackResourceDrifts') return '<StackDriftDetectionId>d</StackDriftDetectionId>';
    const first = form.get('NextToken') === null;
    const next = first ? '<NextToken>2</NextToken>' : '';
    return `<StackResourceDrifts>${deleted(first ? 'Vpc' : 'Internet')}</StackResourceDrifts>${next}`;
  });
  expect(unseen).toBeUndefined();
  expect(lines).toEqual([
    'drift: Vpc (AWS::EC2::VPC) was deleted',
    'drift: Internet (AWS::EC2::VPC) was deleted',
  ]);
  expect(looks).toBe(3);
});
