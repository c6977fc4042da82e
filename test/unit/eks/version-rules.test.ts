import { expect, test } from 'vitest';
import { requireVersionStep } from '../../../src/eks/plan/version-rules.ts';
import { defaultKubernetes, eksSupport, supportedKubernetes } from '../../../src/topology/index.ts';
import { eksSpec } from './specs.ts';

const today = new Date('2026-11-28T12:00:00Z');
const step = (kubernetesVersion: string, present?: string, more: object = {}) =>
  requireVersionStep({ spec: eksSpec({ kubernetesVersion, ...more }), present, today });
const refusal = (message: string, hint: string) =>
  expect.objectContaining({
    code: 'MESH_FILE_INVALID',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });

test.each([
  ['1.32', '2026-03-23'],
  ['1.33', '2026-07-29'],
])(
  '%s is out of standard support: refused with the date, unless extended support is asked for',
  (version, date) => {
    expect(() => step(version)).toThrowError(refusal(`ended on ${date}`, 'upgradePolicy: EXTENDED'));
    expect(() => step(version, undefined, { upgradePolicy: 'EXTENDED' })).not.toThrow();
  },
);

test('on the last day of standard support a version is still made, and never after that of extended support', () => {
  const at = (day: string, upgradePolicy: 'STANDARD' | 'EXTENDED' = 'STANDARD') =>
    requireVersionStep({
      spec: eksSpec({ kubernetesVersion: '1.34', upgradePolicy }),
      present: undefined,
      today: new Date(`${day}T12:00:00Z`),
    });
  expect(() => at('2026-12-02')).not.toThrow();
  expect(() => at('2026-12-03')).toThrowError(refusal('ended on 2026-12-02', 'newer'));
  expect(() => at('2027-12-03', 'EXTENDED')).toThrowError(
    refusal('support of Kubernetes 1.34 ended', 'newer'),
  );
});

test('EKS goes up by one minor and never back', () => {
  expect(() => step('1.35', '1.34')).not.toThrow();
  expect(() => step('1.36', '1.34')).toThrowError(refusal('one minor version at a time', '"1.35"'));
  expect(() => step('1.34', '1.35')).toThrowError(refusal('does not go back', '"1.35"'));
});

test('a cluster that has the version already is left alone, whatever its support', () => {
  expect(() => step('1.32', '1.32')).not.toThrow();
});

test('the default is a version that EKS supports, and every end follows the other', () => {
  expect(supportedKubernetes).toContain(defaultKubernetes);
  for (const ends of Object.values(eksSupport))
    if (ends) expect(ends.extended.localeCompare(ends.standard)).toBe(1);
});
