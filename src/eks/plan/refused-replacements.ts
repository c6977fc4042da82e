import { isIsthmusError } from '../../errors/index.ts';
import type { ProviderContext } from '../../provider/index.ts';
import { stackName } from '../names.ts';
import { observeStack } from '../stack/stack-state.ts';
import type { StackWork } from '../stack/stack-work.ts';
import { replacementsOf, requireConsent } from './replacements.ts';
import { templateDiffs } from './stack-diff.ts';

/** Why `up` would not update a cluster's stack, as REPLACEMENT_REFUSED; nothing if it would, or there is none. */
export async function refusedReplacements(
  work: StackWork,
  { allowReplacement = false }: ProviderContext,
): Promise<Error[]> {
  const { spec, topology, account } = work;
  if ((await observeStack(account, stackName(topology.name, spec.name))).phase !== 'good') return [];
  const replacements = replacementsOf(await templateDiffs(work));
  try {
    requireConsent(spec.name, replacements, allowReplacement);
    return [];
  } catch (error) {
    if (isIsthmusError(error)) return [error];
    throw error;
  }
}
