import type { ResourceStatus, StackEvent } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { firstFailure, remedyFor, stackFailed } from '../../../src/eks/stack/stack-failure.ts';
import { phaseOf } from '../../../src/eks/stack/stack-state.ts';

const StackId = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/isthmus-demo-east/1';

const event = (
  LogicalResourceId: string,
  ResourceStatus: ResourceStatus,
  ResourceStatusReason?: string,
): StackEvent => ({
  StackId,
  EventId: `${LogicalResourceId}-${ResourceStatus}`,
  StackName: 'isthmus-demo-east',
  Timestamp: new Date(0),
  PhysicalResourceId: LogicalResourceId === 'isthmus-demo-east' ? StackId : LogicalResourceId,
  LogicalResourceId,
  ResourceType: LogicalResourceId === 'isthmus-demo-east' ? 'AWS::CloudFormation::Stack' : 'AWS::EC2::EIP',
  ResourceStatus,
  ResourceStatusReason,
});

const newestFirst = (...events: StackEvent[]) => events.toReversed();

test('finds the cause among its consequences', () => {
  const events = newestFirst(
    event('isthmus-demo-east', 'CREATE_IN_PROGRESS'),
    event('NatAddress1', 'CREATE_FAILED', 'The maximum number of addresses has been reached.'),
    event('SecretsKey', 'CREATE_FAILED', 'Resource creation cancelled'),
    event(
      'isthmus-demo-east',
      'ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed to create: [NatAddress1].',
    ),
    event('isthmus-demo-east', 'ROLLBACK_COMPLETE'),
  );
  expect(firstFailure(events)).toMatchObject({ resource: 'NatAddress1', status: 'CREATE_FAILED' });
});

test('looks at the latest operation only', () => {
  const events = newestFirst(
    event('isthmus-demo-east', 'UPDATE_IN_PROGRESS'),
    event('Cluster', 'UPDATE_FAILED', 'old trouble'),
    event('isthmus-demo-east', 'UPDATE_ROLLBACK_COMPLETE'),
    event('isthmus-demo-east', 'DELETE_IN_PROGRESS'),
    event('Vpc', 'DELETE_FAILED', 'The vpc has dependencies and cannot be deleted. (DependencyViolation)'),
  );
  expect(firstFailure(events)).toMatchObject({ resource: 'Vpc', status: 'DELETE_FAILED' });
  expect(firstFailure(newestFirst(event('isthmus-demo-east', 'CREATE_IN_PROGRESS')))).toBeUndefined();
});

test('says resource, reason and remedy, and never a credential', () => {
  const failure = firstFailure([
    event('Cluster', 'CREATE_FAILED', 'key AKIAPLANTEDPLANTED00 is not authorized'),
  ]);
  const error = stackFailed({ stack: 'isthmus-demo-east', status: 'ROLLBACK_COMPLETE', failure });
  expect(error.code).toBe('STACK_FAILED');
  expect(error.message).toBe(
    'stack isthmus-demo-east is ROLLBACK_COMPLETE: Cluster (AWS::EC2::EIP) CREATE_FAILED: key [access key removed] is not authorized',
  );
  expect(error.hint).toContain('isthmus plan');
});

describe('remedies', () => {
  test.each([
    ['The maximum number of addresses has been reached. (AddressLimitExceeded)', 'natGateways'],
    ['The maximum number of VPCs has been reached. (VpcLimitExceeded)', 'another region'],
    ['Limit exceeded for resource type clusters', 'Service Quotas'],
    ["The CIDR '10.1.0.0/16' is invalid (InvalidVpcRange)", '`cidr`'],
    [
      'Cannot create cluster because us-east-1e, the targeted availability zone, does not have capacity',
      '`zones`',
    ],
    ['unsupported Kubernetes version 1.12', '`kubernetesVersion`'],
    ['User: x is not authorized to perform: eks:CreateCluster', 'isthmus plan'],
    ['has dependencies and cannot be deleted (DependencyViolation)', 'isthmus down'],
    ['it has termination protection', '`terminationProtection: false`'],
    ['ResourceInUseException: Cluster has deletion protection enabled', 'no-deletion-protection'],
  ])('%s', (reason, remedy) => expect(remedyFor(reason)).toContain(remedy));
});

test.each([
  ['REVIEW_IN_PROGRESS', 'absent'],
  ['CREATE_IN_PROGRESS', 'busy'],
  ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'busy'],
  ['DELETE_IN_PROGRESS', 'busy'],
  ['CREATE_COMPLETE', 'good'],
  ['UPDATE_ROLLBACK_COMPLETE', 'good'],
  ['ROLLBACK_COMPLETE', 'dead'],
  ['DELETE_FAILED', 'dead'],
  ['UPDATE_ROLLBACK_FAILED', 'stuck'],
])('a stack in %s is %s', (status, phase) => expect(phaseOf(status)).toBe(phase));
