import type { Cluster } from '@aws-sdk/client-eks';
import type { AwsAccount } from '../../aws/index.ts';
import type { ClusterObservation, ClusterState } from '../../provider/index.ts';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { stackName } from '../names.ts';
import { describeEksCluster } from '../sign-in/connection.ts';
import { firstFailure } from './stack-failure.ts';
import { observeStack, type StackState, stackEvents } from './stack-state.ts';

/** How a cluster is, from its stack and from EKS. */
export async function observeEksCluster(
  topology: Topology,
  spec: EksClusterSpec,
  account: AwsAccount,
): Promise<ClusterObservation> {
  const stack = stackName(topology.name, spec.name);
  const [state, cluster] = await Promise.all([
    observeStack(account, stack),
    describeEksCluster(account, stack),
  ]);
  const failure =
    state.phase === 'dead' || state.phase === 'stuck'
      ? firstFailure(await stackEvents(account, state.id ?? stack))
      : undefined;
  const issues = (cluster?.health?.issues ?? []).map((issue) => `${issue.code}: ${issue.message}`);
  const detail = [
    `stack ${stack} in ${spec.region} is ${state.status}`,
    ...(failure ? [`${failure.resource}: ${failure.reason}`] : []),
    ...(cluster ? [`EKS is ${cluster.status}`] : []),
    ...issues,
  ].join('; ');
  return { cluster: spec.name, state: clusterState(state, cluster), version: cluster?.version, detail };
}

function clusterState(stack: StackState, cluster: Cluster | undefined): ClusterState {
  if (stack.phase === 'absent' && !cluster) return 'absent';
  if (stack.phase === 'dead' || cluster?.status === 'FAILED') return 'failed';
  const healthy = (cluster?.health?.issues ?? []).length === 0;
  const usable = cluster?.status === 'ACTIVE' || cluster?.status === 'UPDATING';
  if (stack.phase === 'busy' && !usable) return 'starting';
  if (usable && healthy && stack.phase !== 'stuck') return 'ready';
  return cluster?.status === 'CREATING' ? 'starting' : 'degraded';
}
