import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { denialRemedy } from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import { redact } from '../../report/index.ts';

/** The event that made a stack fail. */
export interface Failure {
  readonly resource: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

/** What CloudFormation says of resources that it stopped because another one failed. */
const consequence = /cancelled|canceled|The following resource\(s\) failed/i;

/**
 * The first failing event of a stack's latest operation: the cause, not what followed from it.
 * @param events newest first, as CloudFormation lists them
 */
export function firstFailure(events: readonly StackEvent[]): Failure | undefined {
  const failed = latestOperation(events).filter(
    (event) =>
      event.ResourceStatus?.endsWith('_FAILED') && !consequence.test(event.ResourceStatusReason ?? ''),
  );
  const resource = failed.findLast((event) => event.PhysicalResourceId !== event.StackId) ?? failed.at(-1);
  if (!resource) return undefined;
  return {
    resource: resource.LogicalResourceId ?? 'the stack',
    type: resource.ResourceType ?? 'unknown type',
    status: resource.ResourceStatus ?? '',
    reason: redact(resource.ResourceStatusReason ?? 'no reason given'),
  };
}

/** Events since the last one by which a create, update or delete of the stack itself began. */
function latestOperation(events: readonly StackEvent[]): readonly StackEvent[] {
  const start = events.findIndex(
    (event) =>
      event.PhysicalResourceId === event.StackId &&
      /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(event.ResourceStatus ?? ''),
  );
  return start === -1 ? events : events.slice(0, start + 1);
}

/** What to do about reasons that AWS gives, most specific first. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/termination protection/i, 'set `terminationProtection: false`, run `isthmus up`, then `isthmus down`'],
  [
    /deletion protection/i,
    'turn it off with `aws eks update-cluster-config --no-deletion-protection --name` and the cluster’s name, and run `isthmus down` again',
  ],
  [
    /AddressLimitExceeded|maximum number of addresses/i,
    'release Elastic IPs, ask for a higher quota (Service Quotas, EC2-VPC Elastic IPs), or use `natGateways: single`',
  ],
  [
    /VpcLimitExceeded|maximum number of VPCs/i,
    'remove a VPC, ask for a higher quota (Service Quotas, VPCs per Region), or use another region',
  ],
  [
    /ResourceLimitExceeded|LimitExceeded|quota|limit exceeded/i,
    'ask for a higher quota in Service Quotas, or use another region or account',
  ],
  [
    /InvalidSubnet\.?(Range|Conflict)|CIDR.*(overlap|conflict|invalid)|InvalidVpcRange/i,
    'change the cluster’s `cidr`',
  ],
  [
    /UnsupportedAvailabilityZone|availability zone.*(capacity|not support)|targeted availability zone/i,
    'set the cluster’s `zones` to others of the region',
  ],
  [/InsufficientInstanceCapacity|insufficient.*capacity/i, 'set other `zones`, or try again later'],
  [
    /unsupported Kubernetes version|version.*(not supported|unsupported|invalid)/i,
    'set `kubernetesVersion` to one that EKS offers in the region',
  ],
  [
    /AccessDenied|not authorized|UnauthorizedOperation|is not authorized to perform/i,
    'give the deploying identity the policy that `isthmus plan` shows',
  ],
  [
    /DependencyViolation|has dependencies|has a dependent object/i,
    'something that isthmus did not make uses the VPC; remove it (the audit of `isthmus down` names it) and run `isthmus down` again',
  ],
  [
    /already exists|AlreadyExists|ResourceInUse/i,
    'something of that name exists already; remove it or rename the mesh or cluster',
  ],
  [/Throttl|Rate exceeded/i, 'run the command again; AWS asked for fewer requests'],
];

/** What a person can do about AWS's reason. */
export function remedyFor(reason: string): string {
  return (
    denialRemedy(reason) ??
    remedies.find(([pattern]) => pattern.test(reason))?.[1] ??
    'mend the cause and run the command again'
  );
}

/** A stack that is not as it should be. */
export interface FailedStack {
  /** Its name. */
  readonly stack: string;
  /** As CloudFormation says, `ROLLBACK_COMPLETE`. */
  readonly status: string;
  readonly failure?: Failure | undefined;
  /** The reason where there is no failure. */
  readonly fallback?: string;
}

/** STACK_FAILED that names the first failing resource, its reason and what to do. */
export function stackFailed({
  stack,
  status,
  failure,
  fallback = 'CloudFormation gives no failing event',
}: FailedStack): IsthmusError {
  if (!failure)
    return new IsthmusError('STACK_FAILED', `stack ${stack} is ${status}: ${redact(fallback)}`, {
      hint: remedyFor(fallback),
    });
  const { resource, type, reason } = failure;
  return new IsthmusError(
    'STACK_FAILED',
    `stack ${stack} is ${status}: ${resource} (${type}) ${failure.status}: ${reason}`,
    { hint: remedyFor(reason) },
  );
}
