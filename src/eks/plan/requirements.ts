import type { AwsAccount } from '../../aws/index.ts';
import { awsError, principalOf } from '../../aws/index.ts';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { stackName } from '../names.ts';
import { requireSubnets } from '../network/existing-vpc.ts';
import { planSubnets } from '../network/subnets.ts';
import { describeEksCluster } from '../sign-in/connection.ts';
import { subnetsOf } from '../stack/stack-parameters.ts';
import { observeStack } from '../stack/stack-state.ts';
import { requireVersionStep } from './version-rules.ts';

/** Everything about one cluster that would fail later and can be known before; looks only. */
export async function missingEksRequirements(
  topology: Topology,
  spec: EksClusterSpec,
  account: AwsAccount,
): Promise<Error[]> {
  const problems: Error[] = [];
  try {
    const { arn } = await account.requireAccount(spec.name, spec.account);
    const checks = [
      () => checkNetwork(spec, account),
      () => checkPrincipals(topology, spec, { account, arn }),
      () => checkVersion(topology, spec, account),
    ];
    for (const check of checks) {
      try {
        await check();
      } catch (error) {
        problems.push(isIsthmusError(error) ? error : awsError(error, `looking at ${spec.name}'s account`));
      }
    }
  } catch (error) {
    problems.push(error as Error);
  }
  return problems;
}

async function checkVersion(topology: Topology, spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  const cluster = await describeEksCluster(account, stackName(topology.name, spec.name));
  requireVersionStep({ spec, present: cluster?.version, today: new Date() });
}

async function checkNetwork(spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  if (spec.vpcId === undefined) {
    planSubnets(spec);
    return checkZones(spec, account);
  }
  requireSubnets(spec, await subnetsOf(account, spec.vpcId));
}

async function checkZones(spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  const { DescribeAvailabilityZonesCommand } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const { AvailabilityZones = [] } = await client
    .send(new DescribeAvailabilityZonesCommand({}))
    .catch((error: unknown) => {
      throw awsError(error, `listing the zones of ${spec.region}`);
    });
  const offered = AvailabilityZones.filter(
    ({ State, ZoneType }) =>
      State === 'available' && (ZoneType ?? 'availability-zone') === 'availability-zone',
  ).map(({ ZoneName = '' }) => ZoneName);
  const missing = spec.zones.filter((zone) => !offered.includes(zone));
  if (missing.length > 0)
    throw new IsthmusError(
      'MESH_FILE_INVALID',
      `cluster ${spec.name}: zones ${missing.join(', ')} are not open to this account`,
      { hint: `set \`zones\` to two or more of ${offered.join(', ')}` },
    );
}

/**
 * EKS gives the identity that creates a cluster an access entry by itself; a second one for the same
 * principal would fail the stack after a quarter of an hour.
 */
async function checkPrincipals(
  topology: Topology,
  spec: EksClusterSpec,
  { account, arn }: { account: AwsAccount; arn: string },
): Promise<void> {
  const deployer = principalOf(arn);
  const twice = spec.adminPrincipals.find((principal) => principalOf(principal) === deployer);
  if (twice === undefined) return;
  if ((await observeStack(account, stackName(topology.name, spec.name))).phase === 'good') return;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${spec.name}: adminPrincipals has ${twice}, which creates the cluster and so gets access from EKS`,
    { hint: 'take it out of `adminPrincipals`' },
  );
}
