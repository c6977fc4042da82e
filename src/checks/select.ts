import { distance } from 'fastest-levenshtein';
import { IsthmusError } from '../errors/index.ts';
import { catalogue } from './catalogue.ts';
import type { Check } from './engine/check.ts';

/** Checks by name, in the catalogue's order; all of them for no name. CHECK_UNKNOWN suggests what was meant. */
export function selectChecks(names: readonly string[]): readonly Check[] {
  if (names.length === 0) return catalogue;
  const unknown = names.filter((name) => !catalogue.some((check) => isNamed(check, name)));
  if (unknown.length === 0) return catalogue.filter((check) => names.some((name) => isNamed(check, name)));
  const suggestions = [...new Set(unknown.flatMap(nearest))];
  const list = catalogue.map(({ id }) => id).join(', ');
  throw new IsthmusError(
    'CHECK_UNKNOWN',
    `no check is named ${unknown.map((name) => `"${name}"`).join(', ')}`,
    {
      hint: suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}?` : `the checks are ${list}`,
    },
  );
}

const isNamed = ({ id, aliases = [] }: Check, name: string): boolean => id === name || aliases.includes(name);

function nearest(name: string): string[] {
  const scored = catalogue.map(({ id }) => ({ id, score: distance(name.toLowerCase(), id) }));
  const [best] = scored.sort((a, b) => a.score - b.score);
  return best && best.score <= Math.max(2, Math.ceil(best.id.length / 3)) ? [best.id] : [];
}
