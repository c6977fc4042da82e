import { type AwsAccount, awsError, principalOf } from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { observeStack } from '../stack/stack-state.ts';

export interface PrincipalCheck {
  /** Name of the stack and of the EKS cluster. */
  readonly stack: string;
  readonly spec: EksClusterSpec;
  readonly account: AwsAccount;
  /** Who isthmus acts for, as STS names it. */
  readonly arn: string;
}

/**
 * EKS gives the identity that creates a cluster an access entry by itself; a second one for the same
 * principal would fail the stack. Throws MESH_FILE_INVALID if `adminPrincipals` asks for one, or leaves
 * out the deployer where a role creates the cluster in its stead.
 */
export async function checkPrincipals(check: PrincipalCheck): Promise<void> {
  requireDeployer(check);
  const state = await observeStack(check.account, check.stack);
  const twice = state.phase === 'good' ? await entryOfOthers(check) : creatorAmong(check);
  if (twice === undefined) return;
  const why =
    state.phase === 'good'
      ? 'which has access to the cluster already, as its creator or by somebody else’s doing'
      : 'which creates the cluster and so gets access from EKS';
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${check.spec.name}: adminPrincipals has ${twice}, ${why}`,
    { hint: 'take it out of `adminPrincipals`' },
  );
}

function requireDeployer({ spec, arn }: PrincipalCheck): void {
  const { cloudFormationRole: role, adminPrincipals } = spec;
  if (role === undefined) return;
  const deployer = principalOf(arn);
  if (principalOf(role) === deployer || adminPrincipals.map(principalOf).includes(deployer)) return;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: ${role} creates the cluster and gets access from EKS, but ${arn}, who runs isthmus, would not`,
    { hint: 'add the role or user that runs isthmus to `adminPrincipals`' },
  );
}

function creatorAmong({ spec, arn }: PrincipalCheck): string | undefined {
  const creator = principalOf(spec.cloudFormationRole ?? arn);
  return spec.adminPrincipals.find((principal) => principalOf(principal) === creator);
}

/** One of the wanted principals that has an access entry which is not the stack's. */
async function entryOfOthers({ spec, account, stack }: PrincipalCheck): Promise<string | undefined> {
  if (spec.adminPrincipals.length === 0) return undefined;
  const [present, own] = await Promise.all([accessEntries(account, stack), entriesOfStack(account, stack)]);
  return spec.adminPrincipals.find((principal) => present.has(principal) && !own.has(principal));
}

async function accessEntries(account: AwsAccount, clusterName: string): Promise<Set<string>> {
  const { paginateListAccessEntries } = await import('@aws-sdk/client-eks');
  const client = await account.eks();
  const found = new Set<string>();
  try {
    for await (const { accessEntries: page = [] } of paginateListAccessEntries({ client }, { clusterName }))
      for (const principal of page) found.add(principal);
    return found;
  } catch (error) {
    throw awsError(error, `listing who has access to ${clusterName}`);
  }
}

/** CloudFormation's own id of an entry is the principal, a bar and the cluster. */
async function entriesOfStack(account: AwsAccount, stack: string): Promise<Set<string>> {
  const { DescribeStackResourcesCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await account.cloudFormation();
  try {
    const { StackResources = [] } = await client.send(
      new DescribeStackResourcesCommand({ StackName: stack }),
    );
    const entries = StackResources.filter(({ ResourceType }) => ResourceType === 'AWS::EKS::AccessEntry');
    return new Set(entries.map(({ PhysicalResourceId = '' }) => PhysicalResourceId.split('|')[0] ?? ''));
  } catch (error) {
    throw awsError(error, `looking at the resources of ${stack}`);
  }
}
