import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { eksClusters } from '../aws-accounts.ts';
import { stackPrefix } from '../names.ts';
import { ownActions, resourceActions, resourceTypes } from './resource-actions.ts';

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/**
 * The IAM policy that an identity needs to plan, bring up, look at and remove the file's EKS clusters,
 * no more: names and regions are limited wherever AWS lets them be. Pure.
 */
export function requiredPermissions(topology: Topology): PolicyDocument {
  const specs = eksClusters(topology.clusters);
  const actions = new Set<string>(Object.values(ownActions).flat());
  for (const spec of specs)
    for (const type of resourceTypes(spec)) for (const action of resourceActions[type]) actions.add(action);
  const scope: Scope = { specs, prefix: stackPrefix(topology.name), actions };
  return { Version: '2012-10-17', Statement: statements(scope) };
}

interface Scope {
  readonly specs: readonly EksClusterSpec[];
  readonly prefix: string;
  readonly actions: ReadonlySet<string>;
}

function statements(scope: Scope): PolicyStatement[] {
  const { prefix } = scope;
  const reads = new Set<string>(ownActions.reads);
  const of = (service: string, ...not: string[]) =>
    [...scope.actions]
      .filter((action) => action.startsWith(`${service}:`) && !reads.has(action) && !not.includes(action))
      .sort();
  const inRegions = {
    StringEquals: { 'aws:RequestedRegion': unique(scope.specs.map(({ region }) => region)) },
  };
  return [
    allow('Stacks', of('cloudformation'), arns(scope, 'cloudformation', `stack/${prefix}*/*`)),
    allow('Clusters', of('eks'), [
      ...arns(scope, 'eks', `cluster/${prefix}*`),
      ...arns(scope, 'eks', `access-entry/${prefix}*/*`),
    ]),
    allow('Logs', of('logs'), arns(scope, 'logs', `log-group:/aws/eks/${prefix}*`)),
    allow('Roles', of('iam', 'iam:PassRole', 'iam:CreateServiceLinkedRole'), roles(scope)),
    allow('PassRoles', ['iam:PassRole'], roles(scope), {
      StringEquals: { 'iam:PassedToService': ['eks.amazonaws.com'] },
    }),
    allow('ServiceLinkedRoles', ['iam:CreateServiceLinkedRole'], serviceRoles(scope), {
      StringEquals: {
        'iam:AWSServiceName': ['eks.amazonaws.com', 'elasticloadbalancing.amazonaws.com'],
      },
    }),
    allow('Keys', of('kms'), ['*'], inRegions),
    allow('Networks', of('ec2'), ['*'], inRegions),
    allow('Looking', [...reads].sort(), ['*']),
  ].filter(({ Action }) => Action.length > 0);
}

function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: PolicyStatement['Condition'],
): PolicyStatement {
  return { Sid, Effect: 'Allow', Action, Resource: unique(Resource), ...(Condition ? { Condition } : {}) };
}

function arns({ specs }: Scope, service: string, resource: string): string[] {
  return specs.map(
    ({ region, account }) => `arn:${partitionOf(region)}:${service}:${region}:${account ?? '*'}:${resource}`,
  );
}

/** CloudFormation begins the names that it makes up with the stack's. */
function roles({ specs, prefix }: Scope): string[] {
  return specs.map(
    ({ region, account }) => `arn:${partitionOf(region)}:iam::${account ?? '*'}:role/${prefix}*`,
  );
}

function serviceRoles({ specs }: Scope): string[] {
  return specs.map(
    ({ region, account }) => `arn:${partitionOf(region)}:iam::${account ?? '*'}:role/aws-service-role/*`,
  );
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();
