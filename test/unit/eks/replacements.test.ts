import { expect, test } from 'vitest';
import { replacementsOf, requireConsent, type TemplateDiff } from '../../../src/eks/plan/replacements.ts';

interface Change {
  readonly type: string;
  readonly impact:
    | 'WILL_UPDATE'
    | 'WILL_CREATE'
    | 'WILL_REPLACE'
    | 'MAY_REPLACE'
    | 'WILL_DESTROY'
    | 'WILL_ORPHAN';
}

/** As toolkit-lib tells a template's differences, one resource for each change, named by its type. */
const diffOf = (...changes: readonly Change[]) =>
  ({
    resources: {
      forEachDifference(visit: (id: string, change: unknown) => void) {
        for (const { type, impact } of changes) {
          const isAddition = impact === 'WILL_CREATE';
          const change = { isAddition, oldResourceType: isAddition ? undefined : type, changeImpact: impact };
          visit(type.split('::').at(-1) ?? '', change);
        }
      },
    },
  }) as unknown as TemplateDiff;

const role = 'AWS::IAM::Role';
const key = 'AWS::KMS::Key';
const refused =
  (change: Change, allowed = false) =>
  () =>
    requireConsent('east', replacementsOf([diffOf(change)]), allowed);

test.each([
  { type: role, impact: 'WILL_REPLACE' },
  { type: role, impact: 'WILL_DESTROY' },
  { type: key, impact: 'WILL_REPLACE' },
  { type: key, impact: 'MAY_REPLACE' },
  { type: key, impact: 'WILL_DESTROY' },
  { type: 'AWS::Logs::LogGroup', impact: 'WILL_DESTROY' },
  { type: 'AWS::EC2::NatGateway', impact: 'MAY_REPLACE' },
] as const)('$type: $impact needs consent, and is named', (change) => {
  expect(refused(change)).toThrow(
    `east: the file’s changes would replace ${change.type.split('::').at(-1)} (${change.type})`,
  );
  expect(refused(change, true)).not.toThrow();
});

test.each([
  { type: role, impact: 'WILL_UPDATE' },
  { type: key, impact: 'WILL_UPDATE' },
  { type: key, impact: 'WILL_CREATE' },
  { type: 'AWS::EKS::Addon', impact: 'WILL_REPLACE' },
  { type: 'AWS::EC2::Route', impact: 'MAY_REPLACE' },
] as const)('$type: $impact needs none', (change) => {
  expect(refused(change)).not.toThrow();
});

test('the cluster itself is replaced by nobody’s consent', () => {
  expect(refused({ type: 'AWS::EKS::Cluster', impact: 'WILL_REPLACE' }, true)).toThrow(
    'Cluster (AWS::EKS::Cluster)',
  );
});
