import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a misspelt word most likely means, for a hint; undefined if none is near. Case does
 * not count; up to a third of the word's letters may be wrong, and two of a short one's.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const reach = Math.max(2, Math.ceil(word.length / 3));
  const scored = candidates.map((candidate) => ({
    candidate,
    wrong: distance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const [best] = scored.filter(({ wrong }) => wrong <= reach).sort((a, b) => a.wrong - b.wrong);
  return best?.candidate;
}
