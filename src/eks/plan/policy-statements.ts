import { partition } from '@aws-sdk/core/client';
import type { Condition, PolicyStatement } from '../../aws/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';
import { clusterPolicies, nodePolicies } from '../managed-policies.ts';
import { meshTag } from '../names.ts';

/** What the statements of one policy are about. */
export interface Scope {
  readonly mesh: string;
  readonly specs: readonly EksClusterSpec[];
  /** How the deployer's own rights are tied to CloudFormation; a role for it is tied by whom it trusts. */
  readonly called: Condition;
  readonly prefix: string;
  /** What CloudFormation calls for the resources of these clusters, what only looks left out. */
  readonly actions: readonly string[];
}

const attaching = ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'];
const bounded = ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'];
const elsewhere = ['iam:PassRole', 'iam:CreateServiceLinkedRole'];

/** Roles of the mesh's names, with EKS's policies alone. */
export function roleStatements(scope: Scope): PolicyStatement[] {
  const mine = roles(scope, `role/${scope.prefix}*`);
  const boundary = boundaryOf(scope);
  const rest = of(scope, 'iam').filter(
    (action) => ![...attaching, ...bounded, ...elsewhere].includes(action),
  );
  return [
    allow('Roles', { Action: rest, Resource: mine }),
    allow('NewRoles', {
      Action: boundary ? bounded : ['iam:CreateRole'],
      Resource: mine,
      Condition: boundary,
    }),
    allow('RolePolicies', {
      Action: attaching,
      Resource: mine,
      Condition: {
        ...boundary,
        ArnEquals: { 'iam:PolicyARN': managedPolicies(scope) },
      },
    }),
    allow('PassRoles', {
      Action: ['iam:PassRole'],
      Resource: mine,
      Condition: {
        StringEquals: { 'iam:PassedToService': ['eks.amazonaws.com'] },
      },
    }),
    allow('ServiceLinkedRoles', {
      Action: ['iam:CreateServiceLinkedRole'],
      Resource: roles(scope, 'role/aws-service-role/*'),
      Condition: {
        StringEquals: {
          'iam:AWSServiceName': ['eks.amazonaws.com', 'elasticloadbalancing.amazonaws.com'],
        },
      },
    }),
  ];
}

/** Only where every cluster has one: a role without would be refused otherwise. */
function boundaryOf({ specs }: Scope): Condition | undefined {
  const stated = specs.flatMap(({ permissionsBoundary }) => permissionsBoundary ?? []);
  if (stated.length < specs.length) return undefined;
  return { StringEquals: { 'iam:PermissionsBoundary': unique(stated) } };
}

const managedPolicies = ({ specs }: Scope): string[] =>
  unique(
    specs.flatMap(({ region }) =>
      [...clusterPolicies, ...nodePolicies].map(
        (name) => `arn:${partitionOf(region)}:iam::aws:policy/${name}`,
      ),
    ),
  );

/** What turns or ends a key, and so needs the mesh's tag on it. */
const keyChanges = [
  'kms:DisableKeyRotation',
  'kms:EnableKeyRotation',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
];

/** New keys only through CloudFormation, changes only by the mesh's tag, grants only for EKS. */
export function keyStatements(scope: Scope): PolicyStatement[] {
  const keys = arns(scope, 'kms', 'key/*');
  const rest = of(scope, 'kms').filter(
    (action) => !['kms:CreateKey', 'kms:TagResource', 'kms:CreateGrant', ...keyChanges].includes(action),
  );
  return [
    allow('NewKeys', {
      Action: ['kms:CreateKey'],
      Resource: ['*'],
      Condition: both(tagGiven(scope), scope.called),
    }),
    allow('KeyTags', {
      Action: ['kms:TagResource'],
      Resource: keys,
      Condition: both(tagGiven(scope), scope.called),
    }),
    allow('Keys', { Action: rest, Resource: keys }),
    allow('KeyChanges', { Action: keyChanges, Resource: keys, Condition: tagged(scope) }),
    allow('KeyGrants', {
      Action: ['kms:CreateGrant'],
      Resource: keys,
      Condition: {
        Bool: { 'kms:GrantIsForAWSResource': ['true'] },
        StringEquals: {
          'kms:ViaService': unique(scope.specs.map(({ region }) => `eks.${region}.amazonaws.com`)),
        },
      },
    }),
  ];
}

/** Making adds and harms nothing; what is there is changed only if it bears the mesh's tag. */
export function networkStatements(scope: Scope): PolicyStatement[] {
  const own = of(scope, 'ec2');
  const making = own.filter((action) => isMaking(action));
  if (making.length === 0) return [];
  const rest = own.filter((action) => !isMaking(action) && action !== 'ec2:CreateTags');
  const where = arns(scope, 'ec2', '*');
  return [
    allow('NewNetworks', { Action: making, Resource: where, Condition: scope.called }),
    // A tag of ours on a thing of somebody else's would put it within reach.
    allow('NetworkTags', {
      Action: ['ec2:CreateTags'],
      Resource: where,
      Condition: {
        ...scope.called,
        StringEqualsIfExists: { [`aws:ResourceTag/${meshTag}`]: [scope.mesh] },
      },
    }),
    allow('Networks', { Action: rest, Resource: where, Condition: tagged(scope) }),
  ];
}

/** Those that bring a resource into being; `CreateRoute` changes a table that is there. */
const isMaking = (action: string): boolean =>
  /^ec2:(Create|Allocate)/.test(action) && !['ec2:CreateTags', 'ec2:CreateRoute'].includes(action);

/** Only for calls that CloudFormation makes in the caller's name. */
export const byCloudFormation: Condition = {
  'ForAnyValue:StringEquals': { 'aws:CalledVia': ['cloudformation.amazonaws.com'] },
};
const tagged = ({ mesh }: Scope): Condition => ({ StringEquals: { [`aws:ResourceTag/${meshTag}`]: [mesh] } });
const tagGiven = ({ mesh }: Scope): Condition => ({
  StringEquals: { [`aws:RequestTag/${meshTag}`]: [mesh] },
});
const both = (a: Condition, b: Condition): Condition => ({ ...a, ...b });

/** The actions of a service. */
export const of = ({ actions }: Scope, service: string): string[] =>
  actions.filter((action) => action.startsWith(`${service}:`));

/** What a statement allows, on what, and under which condition; an empty one is none. */
export interface Allowed extends Pick<PolicyStatement, 'Action' | 'Resource'> {
  readonly Condition?: Condition | undefined;
}

export function allow(Sid: string, { Action, Resource, Condition }: Allowed): PolicyStatement {
  return {
    Sid,
    Effect: 'Allow',
    Action,
    Resource: unique(Resource),
    ...(Condition && Object.keys(Condition).length > 0 ? { Condition } : {}),
  };
}

/** A resource in every region and account of the scope. */
export function arns({ specs }: Scope, service: string, resource: string): string[] {
  return specs.map(
    ({ region, account }) => `arn:${partitionOf(region)}:${service}:${region}:${account ?? '*'}:${resource}`,
  );
}

/** CloudFormation begins the names that it makes up with the stack's. */
function roles({ specs }: Scope, resource: string): string[] {
  return specs.map(({ region, account }) => `arn:${partitionOf(region)}:iam::${account ?? '*'}:${resource}`);
}

/** As the SDK has it for every region, those that are to come included. */
const partitionOf = (region: string): string => partition(region).name;

/** Sorted, each once. */
export const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();
