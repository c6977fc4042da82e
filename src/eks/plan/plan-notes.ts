import type { PolicyDocument } from '../../aws/index.ts';
import type { Topology } from '../../topology/index.ts';
import { type ClusterCost, monthlyCost } from './cost.ts';
import { requiredPermissions, serviceRolePermissions } from './permissions.ts';
import { policyParts } from './policy-parts.ts';

/** What `plan` tells of EKS besides changes: the monthly cost and the policy that deploying needs. */
export function planNotes(topology: Topology): string[] {
  const cost = monthlyCost(topology);
  return [
    `about $${cost.monthly.toFixed(0)} a month for EKS (${cost.notes.join('; ')})`,
    ...cost.clusters.map(clusterLine),
    'the control planes’ logs, the audit log among them, end with their cluster: export them before `isthmus down`',
    `the deploying identity needs ${policiesText(requiredPermissions(topology))}`,
    ...serviceRoleNotes(topology),
  ];
}

function serviceRoleNotes(topology: Topology): string[] {
  const policy = serviceRolePermissions(topology);
  if (policy.Statement.length === 0) return [];
  return [`the role that CloudFormation works with needs ${policiesText(policy)}`];
}

function policiesText(policy: PolicyDocument): string {
  const parts = policyParts(policy);
  const [first] = parts;
  if (parts.length === 1) return `this IAM policy:\n${JSON.stringify(first, null, 2)}`;
  const texts = parts.map((part) => JSON.stringify(part, null, 2));
  return `these ${parts.length} IAM policies, as one would be larger than IAM takes:\n${texts.join('\n')}`;
}

function clusterLine({ cluster, region, items, monthly }: ClusterCost): string {
  const parts = items.map((item) => `${item.what} $${item.monthly.toFixed(2)}`);
  return `${cluster} in ${region}: about $${monthly.toFixed(0)} a month (${parts.join(', ')})`;
}
