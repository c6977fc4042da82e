import type { ClusterPlan, PlanChange, PlanReport } from '../report/index.ts';
import { envelope } from './results.ts';
import { count } from './text.ts';
import { type Paint, paint } from './theme.ts';

/** What `up` would do, for a person or as JSON; ends without a line break. */
export function renderPlan(
  plan: PlanReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return envelope('PlanReport', plan);
  const colors = paint(options.color ?? false);
  const clusters = plan.clusters.flatMap((cluster) => clusterLines(cluster, colors));
  const notes = plan.notes.map((note) => `note: ${note}`);
  const verdict =
    plan.changes === 0
      ? `mesh ${plan.mesh}: nothing to change`
      : `mesh ${plan.mesh}: ${count(plan.changes, 'change')}; \`isthmus up\` makes them`;
  return [...clusters, ...notes, ...(notes.length > 0 ? [''] : []), verdict].join('\n');
}

const signs = { create: '+', update: '~', remove: '-', none: '=' } as const;
const hues = { create: 'green', update: 'yellow', remove: 'red', none: 'dim' } as const;

function clusterLines({ cluster, provider, changes }: ClusterPlan, colors: Paint): string[] {
  const made = changes.filter(({ action }) => action !== 'none');
  const state = made.length === 0 ? 'no change' : count(made.length, 'change');
  const head = `${colors.bold(cluster)} (${provider}): ${state}`;
  return [head, ...made.flatMap((change) => changeLines(change, colors)), ''];
}

function changeLines({ action, what, details }: PlanChange, colors: Paint): string[] {
  const first = `  ${colors[hues[action]](`${signs[action]} ${what}`)}`;
  return [first, ...details.map((detail) => `      ${detail}`)];
}
