import { describe, expect, test } from 'vitest';
import { type PolicyDocument, requiredPermissions, serviceRolePermissions } from '../../../src/eks/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { allows, type Call } from '../../fakes/iam.ts';
import { eksSpec, meshOf } from './specs.ts';

const account = '111122223333';
const boundary = `arn:aws:iam::${account}:policy/boundary`;
const role = `arn:aws:iam::${account}:role/isthmus-demo-east-ClusterRole-X`;
const key = `arn:aws:kms:eu-west-1:${account}:key/k`;
const vpc = `arn:aws:ec2:eu-west-1:${account}:vpc/vpc-1`;
const stack = `arn:aws:cloudformation:eu-west-1:${account}:stack/isthmus-demo-east/1`;
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';
const ours = { 'aws:ResourceTag/isthmus.io/mesh': 'demo' };
const theirs = { 'aws:ResourceTag/isthmus.io/mesh': 'other' };
const viaStack = { 'aws:CalledVia': ['cloudformation.amazonaws.com'] };
const tagging = { 'aws:RequestTag/isthmus.io/mesh': 'demo' };

const plain = requiredPermissions(meshOf(eksSpec({ account })));
const bounded = requiredPermissions(meshOf(eksSpec({ account, permissionsBoundary: boundary })));
const call = (action: string, resource: string, context?: Call['context']): Call => ({
  action,
  resource,
  context,
});

describe('nobody gets by the deployer’s policy', () => {
  test.each<[string, Call]>([
    ['an administrator’s role', call('iam:AttachRolePolicy', role, { 'iam:PolicyARN': administrator })],
    ['a role with a policy of its own inside', call('iam:PutRolePolicy', role)],
    ['into a role that trusts somebody else', call('iam:UpdateAssumeRolePolicy', role)],
    ['a role without its boundary', call('iam:DeleteRolePermissionsBoundary', role)],
    [
      'a role for functions or machines',
      call('iam:PassRole', role, { 'iam:PassedToService': 'lambda.amazonaws.com' }),
    ],
    [
      'a role that is not the mesh’s',
      call('iam:AttachRolePolicy', `arn:aws:iam::${account}:role/admin`, { 'iam:PolicyARN': administrator }),
    ],
    ['a user or a policy', call('iam:CreatePolicyVersion', boundary)],
    ['into a key that nobody tagged', call('kms:PutKeyPolicy', key)],
    ['into another mesh’s key', call('kms:PutKeyPolicy', key, theirs)],
    ['another’s key rotated', call('kms:EnableKeyRotation', key, theirs)],
    ['another’s key deleted', call('kms:ScheduleKeyDeletion', key)],
    ['a grant on a key for itself', call('kms:CreateGrant', key, ours)],
    ['another’s key under the mesh’s tag', call('kms:TagResource', key, tagging)],
    ['another’s VPC deleted', call('ec2:DeleteVpc', vpc)],
    ['another mesh’s VPC deleted', call('ec2:DeleteVpc', vpc, theirs)],
    ['another’s VPC under the mesh’s tag', call('ec2:CreateTags', vpc, tagging)],
    [
      'another mesh’s VPC under the own tag',
      call('ec2:CreateTags', vpc, { ...viaStack, ...tagging, ...theirs }),
    ],
    ['another’s route', call('ec2:ReplaceRoute', `arn:aws:ec2:eu-west-1:${account}:route-table/rtb-1`)],
    ['another’s address', call('ec2:ReleaseAddress', `arn:aws:ec2:eu-west-1:${account}:elastic-ip/e-1`)],
    [
      'another’s things imported into a stack',
      call('cloudformation:CreateChangeSet', stack, {
        'cloudformation:ImportResourceTypes': ['AWS::EC2::VPC'],
      }),
    ],
    [
      'another’s stack',
      call('cloudformation:DeleteStack', `arn:aws:cloudformation:eu-west-1:${account}:stack/prod/1`),
    ],
    ['another’s cluster', call('eks:DeleteCluster', `arn:aws:eks:eu-west-1:${account}:cluster/prod`)],
    ['another region’s network', call('ec2:DeleteVpc', vpc.replace('eu-west-1', 'us-east-1'), ours)],
    ['another account’s network', call('ec2:DeleteVpc', vpc.replace(account, '999999999999'), ours)],
  ])('%s', (_, escalation) => {
    expect(allows(plain, escalation)).toBe(false);
    expect(allows(bounded, escalation)).toBe(false);
  });
});

test.each<[string, Call]>([
  [
    'one of EKS’s policies',
    call('iam:AttachRolePolicy', role, {
      'iam:PolicyARN': 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy',
      'iam:PermissionsBoundary': boundary,
    }),
  ],
  ['the role given to EKS', call('iam:PassRole', role, { 'iam:PassedToService': 'eks.amazonaws.com' })],
  ['a key of the mesh', call('kms:PutKeyPolicy', key, ours)],
  ['a new key', call('kms:CreateKey', '*', { ...viaStack, ...tagging })],
  [
    'EKS’s grant on it',
    call('kms:CreateGrant', key, {
      'kms:GrantIsForAWSResource': 'true',
      'kms:ViaService': 'eks.eu-west-1.amazonaws.com',
    }),
  ],
  ['a new VPC', call('ec2:CreateVpc', vpc, viaStack)],
  ['its tags', call('ec2:CreateTags', vpc, viaStack)],
  ['its end', call('ec2:DeleteVpc', vpc, ours)],
  ['a change set', call('cloudformation:CreateChangeSet', stack)],
  ['the add-on', call('eks:CreateAddon', `arn:aws:eks:eu-west-1:${account}:cluster/isthmus-demo-east`)],
])('what a deployment needs is allowed: %s', (_, needed) => {
  expect(allows(plain, needed)).toBe(true);
  expect(allows(bounded, needed)).toBe(true);
});

test('with a permissions boundary no role is made, and none gets a policy, without it', () => {
  const policy = { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy' };
  for (const [action, context] of [
    ['iam:CreateRole', {}],
    ['iam:AttachRolePolicy', policy],
  ] as const) {
    expect(allows(plain, call(action, role, context))).toBe(true);
    expect(allows(bounded, call(action, role, context))).toBe(false);
    expect(allows(bounded, call(action, role, { ...context, 'iam:PermissionsBoundary': boundary }))).toBe(
      true,
    );
    const wider = { ...context, 'iam:PermissionsBoundary': administrator };
    expect(allows(bounded, call(action, role, wider))).toBe(false);
  }
});

test('with a role for CloudFormation the deployer has stacks and that role, and the role has the rest', () => {
  const service = `arn:aws:iam::${account}:role/cloudformation`;
  const topology = meshOf(eksSpec({ account, cloudFormationRole: service }));
  const deployer = requiredPermissions(topology);
  const worker = serviceRolePermissions(topology);
  const actions = new Set(deployer.Statement.flatMap(({ Action }) => Action));
  const changes = [...actions].filter((action) => !/:(Describe|Get|List|Detect)/.test(action));
  expect(changes.filter((action) => !/^cloudformation:/.test(action))).toEqual([
    'iam:PassRole',
    'logs:DeleteLogGroup',
  ]);
  const handing = (to: string) => call('iam:PassRole', service, { 'iam:PassedToService': to });
  expect(allows(deployer, handing('cloudformation.amazonaws.com'))).toBe(true);
  expect(allows(deployer, handing('ec2.amazonaws.com'))).toBe(false);
  expect(
    allows(deployer, call('iam:PassRole', role, { 'iam:PassedToService': 'cloudformation.amazonaws.com' })),
  ).toBe(false);
  expect(allows(worker, call('ec2:CreateVpc', vpc))).toBe(true);
  expect(allows(worker, call('iam:AttachRolePolicy', role, { 'iam:PolicyARN': administrator }))).toBe(false);
  expect(serviceRolePermissions(meshOf(eksSpec())).Statement).toEqual([]);
});

describe('a root in AWS', () => {
  const rootKey = `arn:aws:kms:eu-west-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const ca = `arn:aws:acm-pca:eu-west-1:${account}:certificate-authority/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const template = (name: string) => ({ 'acm-pca:TemplateArn': `arn:aws:acm-pca:::template/${name}/V1` });
  const below = (root: Topology['trust']['root'], profile?: string) => {
    const topology = meshOf(eksSpec({ account, profile }));
    return requiredPermissions({ ...topology, trust: { ...topology.trust, root } });
  };
  const where = { region: 'eu-west-1', profile: undefined };
  const byKey = below({ kind: 'kms', arn: rootKey, certificate: undefined, ...where });
  const byCa = below({ kind: 'privateCa', arn: ca, ...where });

  test.each<[string, PolicyDocument, Call]>([
    ['the public half of the key', byKey, call('kms:GetPublicKey', rootKey)],
    ['signing with it', byKey, call('kms:Sign', rootKey)],
    ['what the CA is', byCa, call('acm-pca:DescribeCertificateAuthority', ca)],
    ['the CA’s certificate', byCa, call('acm-pca:GetCertificateAuthorityCertificate', ca)],
    ['what it issued', byCa, call('acm-pca:GetCertificate', ca)],
    [
      'a cluster’s CA',
      byCa,
      call('acm-pca:IssueCertificate', ca, template('SubordinateCACertificate_PathLen0')),
    ],
  ])('gives what signing needs: %s', (_, policy, needed) => {
    expect(allows(policy, needed)).toBe(true);
    expect(allows(plain, needed)).toBe(false);
  });

  test.each<[string, PolicyDocument, Call]>([
    ['another key', byKey, call('kms:Sign', key)],
    ['deciphering with the key', byKey, call('kms:Decrypt', rootKey)],
    ['a new policy for the key', byKey, call('kms:PutKeyPolicy', rootKey)],
    ['a grant on the key', byKey, call('kms:CreateGrant', rootKey)],
    ['the CA where the root is a key', byKey, call('acm-pca:DescribeCertificateAuthority', ca)],
    ['another CA', byCa, call('acm-pca:GetCertificate', ca.replace('1234abcd', '99999999'))],
    [
      'a CA with CAs below it',
      byCa,
      call('acm-pca:IssueCertificate', ca, template('SubordinateCACertificate_PathLen1')),
    ],
    [
      'a workload’s certificate',
      byCa,
      call('acm-pca:IssueCertificate', ca, template('EndEntityCertificate')),
    ],
    ['whatever the CA’s default is', byCa, call('acm-pca:IssueCertificate', ca)],
    ['the CA’s end', byCa, call('acm-pca:DeleteCertificateAuthority', ca)],
  ])('gives no more: %s', (_, policy, more) => {
    expect(allows(policy, more)).toBe(false);
  });

  test('is no business of a deployer who signs under another profile', () => {
    const apart = below({
      kind: 'kms',
      arn: rootKey,
      certificate: undefined,
      ...where,
      profile: 'custodian',
    });
    expect(allows(apart, call('kms:Sign', rootKey))).toBe(false);
    expect(apart).toEqual(plain);
  });
});

test('the judge takes no operator that it does not know for fulfilled', () => {
  const policy = {
    Version: '2012-10-17' as const,
    Statement: [
      {
        Sid: 'X',
        Effect: 'Allow' as const,
        Action: ['a:B'],
        Resource: ['*'],
        Condition: { StringLike: { k: ['*'] } },
      },
    ],
  };
  expect(() => allows(policy, call('a:B', 'c'))).toThrow('StringLike');
});
