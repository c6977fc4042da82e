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
  const unseen = clusters.filter((one) => one.unseen).length;
  const blind = unseen > 0 ? [`${count(unseen, 'cluster')} could not be looked at`] : [];
  const drifted = clusters.flatMap((one) => one.changes).filter(({ action }) => action === 'drift').length;
  const makes = changes - drifted;
  const still = unseen > 0 ? 'nothing to change in the others' : 'nothing to change';
  const noneSeen = unseen > 0 && unseen === clusters.length;
  const parts = [
    ...(changes === 0 && !noneSeen ? [still] : []),
    ...(makes > 0 ? [`${count(makes, 'change')}; \`isthmus up\` makes them`] : []),
    ...(drifted > 0 ? [`${count(drifted, 'drift')} that \`isthmus up\` does not undo`] : []),
    ...blind,
  ];
  return `mesh ${mesh}: ${parts.join('; ')}`;
}

const signs = { create: '+', update: '~', remove: '-', drift: '!', none: '=' } as const;
const hues = { create: 'green', update: 'yellow', remove: 'red', drift: 'yellow', none: 'dim' } as const;

function clusterLines(plan: ClusterPlan, colors: Paint): string[] {
  const made = plan.changes.filter(({ action }) => action !== 'none');
  const head = `${colors.bold(plan.cluster)} (${plan.provider}): ${stateOf(plan, made.length, colors)}`;
  const fix = plan.unseen?.hint ? [colors.green(`  fix  ${plan.unseen.hint}`)] : [];
  return [head, ...fix, ...made.flatMap((change) => changeLines(change, colors)), ''];
}

function stateOf({ state, unseen }: ClusterPlan, changes: number, colors: Paint): string {
  if (!unseen) return changes === 0 ? 'no change' : count(changes, 'change');
  return `${colors.red(state)}: ${unseen.message}`;
}

function changeLines({ action, what, details }: PlanChange, colors: Paint): string[] {
  const first = `  ${colors[hues[action]](`${signs[action]} ${what}`)}`;
  return [first, ...details.map((detail) => `      ${detail}`)];
}
