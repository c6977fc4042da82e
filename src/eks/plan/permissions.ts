import type { Condition, PolicyDocument, PolicyStatement } from '../../aws/index.ts';
import { rootStatements } from '../../custody/index.ts';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { eksClusters } from '../aws-accounts.ts';
import { stackPrefix } from '../names.ts';
import {
  allow,
  arns,
  byCloudFormation,
  keyStatements,
  networkStatements,
  of,
  roleStatements,
  type Scope,
  unique,
} from './policy-statements.ts';
import { ownActions, resourceActions, resourceTypes } from './resource-actions.ts';

/**
 * The IAM policy that an identity needs to plan, bring up, look at and remove the file's EKS clusters.
 * It changes nothing that does not bear the mesh's name or tag, and its roles can be given no policies
 * but those that EKS asks for. Where every cluster names a `cloudFormationRole`, that role has the rights
 * on resources, and this policy only those on stacks and to hand them to it. With a root in AWS that the same
 * identity signs with, what that takes. Pure.
 */
export function requiredPermissions(topology: Topology): PolicyDocument {
  const scope = scopeOf(topology);
  const handed = scope.specs.filter(({ cloudFormationRole }) => cloudFormationRole !== undefined);
  const own = scope.specs.filter(({ cloudFormationRole }) => cloudFormationRole === undefined);
  return policyOf([
    ...stacks(scope),
    ...handOver(handed),
    ...(own.length > 0 ? resources(scopeOf(topology, own)) : ownLook(scope)),
    ...(signsItself(topology) ? rootStatements(topology.trust) : []),
    allow('Looking', { Action: [...ownActions.reads].sort(), Resource: ['*'] }),
  ]);
}

/** Is the identity that signs below a root in AWS the one that deploys? Each is told by its profile. */
export function signsItself({ trust: { root }, clusters }: Topology): boolean {
  if (root === undefined || root.kind === 'files') return false;
  return eksClusters(clusters).some(({ profile }) => profile === root.profile);
}

/** The IAM policy of the roles that `cloudFormationRole` names; no statement where no cluster has one. Pure. */
export function serviceRolePermissions(topology: Topology): PolicyDocument {
  const handed = eksClusters(topology.clusters).filter(
    ({ cloudFormationRole }) => cloudFormationRole !== undefined,
  );
  if (handed.length === 0) return policyOf([]);
  const scope = scopeOf(topology, handed, {});
  return policyOf([...resources(scope), allow('Looking', { Action: reading(scope), Resource: ['*'] })]);
}

const policyOf = (statements: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.filter(({ Action }) => Action.length > 0),
});

function scopeOf(
  topology: Topology,
  specs = eksClusters(topology.clusters),
  called: Condition = byCloudFormation,
): Scope {
  const reads = new Set<string>(ownActions.reads);
  const all = specs.flatMap((spec) => resourceTypes(spec).flatMap((type) => resourceActions[type]));
  const actions = unique(all).filter((action) => !reads.has(action));
  return { mesh: topology.name, specs, called, prefix: stackPrefix(topology.name), actions };
}

const reading = ({ specs }: Scope): string[] => {
  const reads = new Set<string>(ownActions.reads);
  const all = specs.flatMap((spec) => resourceTypes(spec).flatMap((type) => resourceActions[type]));
  return unique(all).filter((action) => reads.has(action));
};

/** An import would put a thing of somebody else's into a stack of ours, and so under our tags. */
function stacks(scope: Scope): PolicyStatement[] {
  const where = arns(scope, 'cloudformation', `stack/${scope.prefix}*/*`);
  const changes = ['cloudformation:CreateChangeSet'];
  const rest = ownActions.stacks.filter((action) => !changes.includes(action)).sort();
  return [
    allow('Stacks', { Action: rest, Resource: where }),
    allow('ChangeSets', {
      Action: changes,
      Resource: where,
      Condition: { Null: { 'cloudformation:ImportResourceTypes': ['true'] } },
    }),
  ];
}

function handOver(handed: readonly EksClusterSpec[]): PolicyStatement[] {
  const roles = unique(handed.flatMap(({ cloudFormationRole }) => cloudFormationRole ?? []));
  if (roles.length === 0) return [];
  return [
    allow('PassServiceRole', {
      Action: ['iam:PassRole'],
      Resource: roles,
      Condition: {
        StringEquals: { 'iam:PassedToService': ['cloudformation.amazonaws.com'] },
      },
    }),
  ];
}

/** What isthmus asks of clusters, and removes of logs, without CloudFormation. */
function ownLook(scope: Scope): PolicyStatement[] {
  return [
    allow('Clusters', {
      Action: [...ownActions.clusters].sort(),
      Resource: arns(scope, 'eks', `cluster/${scope.prefix}*`),
    }),
    allow('Logs', {
      Action: ownActions.logs,
      Resource: arns(scope, 'logs', `log-group:/aws/eks/${scope.prefix}*`),
    }),
  ];
}

function resources(scope: Scope): PolicyStatement[] {
  const { prefix } = scope;
  return [
    allow('Clusters', {
      Action: unique([...of(scope, 'eks'), ...ownActions.clusters]),
      Resource: [
        ...arns(scope, 'eks', `cluster/${prefix}*`),
        ...arns(scope, 'eks', `access-entry/${prefix}*/*`),
        ...arns(scope, 'eks', `addon/${prefix}*/*`),
      ],
    }),
    allow('Logs', {
      Action: of(scope, 'logs'),
      Resource: arns(scope, 'logs', `log-group:/aws/eks/${prefix}*`),
    }),
    ...roleStatements(scope),
    ...keyStatements(scope),
    ...networkStatements(scope),
  ];
}
