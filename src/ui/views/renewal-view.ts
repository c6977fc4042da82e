import type { RenewalItem, RenewalReport } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';
import { paint } from '../text/theme.ts';
import { envelope } from './results.ts';

/** What `renew` found and did, for a person or as JSON; ends without a line break. */
export function renderRenewal(
  report: RenewalReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean; readonly width?: number } = {},
): string {
  if (format === 'json') return envelope('RenewalReport', { ...report, summary: countsOf(report) });
  const colors = paint(options.color ?? false);
  const hues = {
    good: colors.green,
    renewed: colors.green,
    due: colors.yellow,
    failed: colors.red,
    unseen: colors.yellow,
  };
  const rows = report.items.map((item) => [
    item.cluster,
    nameOf(item),
    hues[item.state](item.state),
    day(item.renewFrom),
    item.ends ? day(item.ends) : item.renewFrom ? 'with its Secret' : '',
  ]);
  const table = renderTable(['CLUSTER', 'WHAT', 'STATE', 'RENEWED FROM', 'ENDS'], rows, options);
  const reasons = report.items.flatMap(reasonLines);
  return [table, ...(reasons.length > 0 ? [reasons.join('\n')] : []), verdictOf(report)].join('\n\n');
}

const nameOf = ({ what, target }: RenewalItem): string =>
  what === 'token' ? `token for ${target}` : 'certificate authority';

const day = (date: string | undefined): string => date?.slice(0, 10) ?? '';

function reasonLines(item: RenewalItem): string[] {
  const { cluster, state, reason, code, hint } = item;
  if (!reason) return [];
  const fix = hint && state !== 'good' ? [`  fix  ${hint}`] : [];
  return [`${cluster}, ${nameOf(item)}: ${code ? `${code} ` : ''}${reason}`, ...fix];
}

function countsOf({ items }: RenewalReport): Record<RenewalItem['state'], number> {
  const counts = { good: 0, due: 0, renewed: 0, failed: 0, unseen: 0 };
  for (const { state } of items) counts[state] += 1;
  return counts;
}

function verdictOf(report: RenewalReport): string {
  const { good, due, renewed, failed, unseen } = countsOf(report);
  if (report.planned && due > 0) return `${due} due; nothing was changed, without --plan they are renewed`;
  if (due + renewed + failed + unseen === 0) return `nothing is due: ${good} looked at`;
  const parts = [`${renewed} renewed`, `${failed} failed`, `${unseen} could not be looked at`];
  return `${parts.join(', ')}, ${good} not due`;
}
