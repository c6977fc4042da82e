import type { ClusterRemovalPlan, KeptThing, RemovalPlan } from '../../report/index.ts';
import { count } from '../text/text.ts';
import { type Paint, paint } from '../text/theme.ts';
import { envelope } from './results.ts';

/** What `down` would remove and leave, for a person or as JSON; ends without a line break. */
export function renderRemovalPlan(
  plan: RemovalPlan,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return envelope('RemovalPlan', plan);
  const colors = paint(options.color ?? false);
  const things = plan.clusters.flatMap(({ removes }) => removes).length;
  const verdict = `mesh ${plan.mesh}: ${count(things, 'thing')} would be removed; \`isthmus down\` removes them`;
  return [...plan.clusters.flatMap((cluster) => clusterLines(cluster, colors)), verdict].join('\n');
}

function clusterLines(
  { cluster, provider, unseen, removes, keeps }: ClusterRemovalPlan,
  colors: Paint,
): string[] {
  const state = unseen ? colors.red(unseen.message) : `${count(removes.length, 'thing')} would be removed`;
  return [
    `${colors.bold(cluster)} (${provider}): ${state}`,
    ...removes.map((what) => `  ${colors.red(`- ${what}`)}`),
    ...keptLines(keeps, colors),
    '',
  ];
}

const keptLines = (kept: readonly KeptThing[], colors: Paint): string[] =>
  kept.map(({ what, reason }) => `  ${colors.dim(`= ${what} stays: ${reason}`)}`);
