import type { ClusterPlan, PlanChange, PlanReport } from '../../report/index.ts';
import { count } from '../text/text.ts';
import { type Paint, paint } from '../text/theme.ts';
import { envelope } from './results.ts';

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
  return [...clusters, ...notes, ...(notes.length > 0 ? [''] : []), verdictOf(plan)].join('\n');
}

function verdictOf({ mesh, clusters, changes }: PlanReport): string {
  if (changes === 0) return `mesh ${mesh}: nothing to change`;
  const drifted = clusters.flatMap((one) => one.changes).filter(({ action }) => action === 'drift').length;
  const makes = changes - drifted;
  const parts = [
    ...(makes > 0 ? [`${count(makes, 'change')}; \`isthmus up\` makes them`] : []),
    ...(drifted > 0 ? [`${count(drifted, 'drift')} that \`isthmus up\` does not undo`] : []),
  ];
  return `mesh ${mesh}: ${parts.join('; ')}`;
}

const signs = { create: '+', update: '~', remove: '-', drift: '!', none: '=' } as const;
const hues = { create: 'green', update: 'yellow', remove: 'red', drift: 'yellow', none: 'dim' } as const;

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
