import { IsthmusError, nearest } from '../errors/index.ts';
import { catalogue } from './catalogue.ts';
import type { Check } from './engine/check.ts';

/** Checks by name, in the catalogue's order; all of them for no name. CHECK_UNKNOWN suggests what was meant. */
export function selectChecks(names: readonly string[]): readonly Check[] {
  if (names.length === 0) return catalogue;
  const unknown = names.filter((name) => !catalogue.some((check) => isNamed(check, name)));
  if (unknown.length === 0) return catalogue.filter((check) => names.some((name) => isNamed(check, name)));
  const ids = catalogue.map(({ id }) => id);
  const suggestions = [...new Set(unknown.flatMap((name) => nearest(name, ids) ?? []))];
  throw new IsthmusError(
    'CHECK_UNKNOWN',
    `no check is named ${unknown.map((name) => `"${name}"`).join(', ')}`,
    {
      hint:
        suggestions.length > 0
          ? `did you mean ${suggestions.join(', ')}?`
          : `the checks are ${ids.join(', ')}`,
    },
  );
}

const isNamed = ({ id, aliases = [] }: Check, name: string): boolean => id === name || aliases.includes(name);
