import { type AwsAccount, awsError } from '../../aws/index.ts';
import { isIsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { stackName } from '../names.ts';
import { requireSubnets } from '../network/existing-vpc.ts';
import { planSubnets } from '../network/subnets.ts';
import { subnetsOf } from '../network/vpc-subnets.ts';
import { requireOwn } from '../ownership.ts';
import { describeEksCluster } from '../sign-in/connection.ts';
import { requireZones, withZones } from '../stack/pinned-zones.ts';
import { observeStack } from '../stack/stack-state.ts';
import { checkPrincipals } from './principals.ts';
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
    await checkOwner(topology, spec, account);
    const checks = [
      async () => checkNetwork(await withZones(spec, account, stackName(topology.name, spec.name)), account),
      () => checkPrincipals({ stack: stackName(topology.name, spec.name), spec, account, arn }),
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

/** What is somebody else's says nothing of what this cluster lacks. */
async function checkOwner(topology: Topology, spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  const name = stackName(topology.name, spec.name);
  const owner = { mesh: topology.name, cluster: spec.name };
  const [state, cluster] = await Promise.all([
    observeStack(account, name),
    describeEksCluster(account, name),
  ]);
  if (state.phase !== 'absent') requireOwn(`stack ${name}`, state.tags, owner);
  if (cluster) requireOwn(`EKS cluster ${name}`, cluster.tags ?? {}, owner);
}

async function checkVersion(topology: Topology, spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  const cluster = await describeEksCluster(account, stackName(topology.name, spec.name));
  requireVersionStep({ spec, present: cluster?.version, today: new Date() });
}

async function checkNetwork(spec: EksClusterSpec, account: AwsAccount): Promise<void> {
  if (spec.vpcId === undefined) {
    planSubnets(spec);
    return requireZones(spec, account);
  }
  requireSubnets(spec, await subnetsOf(account, spec.vpcId));
}
