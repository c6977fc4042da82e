import { type Link, sign } from './health.ts';
import { milliseconds, percent } from './words.ts';

/** What is written at a way's line. */
export function textOf({ health, dead, share, medianMs }: Link): string {
  if (dead) return '? silent';
  const numbers = [
    ...(medianMs === undefined ? [] : [milliseconds(medianMs)]),
    ...(share === undefined ? [] : [percent(share)]),
  ];
  return [sign[health], ...numbers].join(' ');
}

/** What is said of a way to those who do not see it. */
export function sentenceOf(link: Link): string {
  const { from, to, dead, reach, sync, share, medianMs } = link;
  if (dead) return `${from} to ${to}: one of them does not answer`;
  const parts = [
    reach
      ? `gateway ${reach.outcome.status === 'pass' ? 'reached' : reach.outcome.status}`
      : 'gateway not looked at',
    sync.length > 0 ? `API server ${sync.join(', ')}` : 'API server not watched',
    ...(medianMs === undefined ? [] : [`answers within ${milliseconds(medianMs)}`]),
    ...(share === undefined ? [] : [`${percent(share)} of the answers`]),
  ];
  return `${from} to ${to}: ${parts.join(', ')}`;
}
