import type { Toolkit } from '@aws-cdk/toolkit-lib';
import { IsthmusError } from '../../errors/index.ts';

export type TemplateDiff = Awaited<ReturnType<Toolkit['diff']>>[string];

/** Types whose resources hold nothing: another one in their place is no loss. */
const replaceable: readonly string[] = [
  'AWS::EC2::Route',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EKS::AccessEntry',
  'AWS::EKS::Addon',
];
const losing: readonly string[] = ['WILL_REPLACE', 'MAY_REPLACE', 'WILL_DESTROY'];

/** A resource that an update would put another in place of, or take away. */
export interface Replacement {
  readonly id: string;
  readonly type: string;
}

/** What an update would replace or take away of what a cluster stands on. */
export function replacementsOf(diffs: readonly TemplateDiff[]): Replacement[] {
  const found: Replacement[] = [];
  for (const diff of diffs)
    diff.resources.forEachDifference((id, change) => {
      const type = change.oldResourceType ?? '';
      if (!change.isAddition && losing.includes(change.changeImpact) && !replaceable.includes(type))
        found.push({ id, type });
    });
  return found;
}

/** `Vpc (AWS::EC2::VPC), …` */
export const replacementsText = (replacements: readonly Replacement[]): string =>
  replacements.map(({ id, type }) => `${id} (${type})`).join(', ');

/**
 * Throws REPLACEMENT_REFUSED if an update would replace what a cluster stands on and nobody has agreed to
 * it; if it would replace the cluster itself, whose name is taken until it is gone, in any case.
 */
export function requireConsent(
  cluster: string,
  replacements: readonly Replacement[],
  allowed: boolean,
): void {
  const whole = replacements.some(({ type }) => type === 'AWS::EKS::Cluster');
  if (replacements.length === 0 || (allowed && !whole)) return;
  throw new IsthmusError(
    'REPLACEMENT_REFUSED',
    `cluster ${cluster}: the file’s changes would replace ${replacementsText(replacements)}`,
    {
      hint: whole
        ? `take the change back, or make the cluster anew: \`isthmus down ${cluster}\`, then \`isthmus up\``
        : 'take the change back, or run `isthmus up --allow-replacement`, which interrupts the cluster',
    },
  );
}
