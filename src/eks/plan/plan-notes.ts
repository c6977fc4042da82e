import type { Topology } from '../../topology/index.ts';
import { type ClusterCost, monthlyCost } from './cost.ts';
import { requiredPermissions, serviceRolePermissions } from './permissions.ts';

/** What `plan` tells of EKS besides changes: the monthly cost and the policy that deploying needs. */
export function planNotes(topology: Topology): string[] {
  const cost = monthlyCost(topology);
  return [
    `about $${cost.monthly.toFixed(0)} a month for EKS (${cost.notes.join('; ')})`,
    ...cost.clusters.map(clusterLine),
    'the control planes’ logs, the audit log among them, end with their cluster: export them before `isthmus down`',
    `the deploying identity needs this IAM policy:\n${JSON.stringify(requiredPermissions(topology), null, 2)}`,
    ...serviceRoleNotes(topology),
  ];
}

function serviceRoleNotes(topology: Topology): string[] {
  const policy = serviceRolePermissions(topology);
  if (policy.Statement.length === 0) return [];
  return [`the role that CloudFormation works with needs this one:\n${JSON.stringify(policy, null, 2)}`];
}

function clusterLine({ cluster, region, items, monthly }: ClusterCost): string {
  const parts = items.map((item) => `${item.what} $${item.monthly.toFixed(2)}`);
  return `${cluster} in ${region}: about $${monthly.toFixed(0)} a month (${parts.join(', ')})`;
}
