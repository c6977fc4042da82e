import type { CheckResult } from '../../report/index.ts';
import { renderTable } from '../text/table.ts';
import { count } from '../text/text.ts';
import { summarize } from './outcome-text.ts';
import { envelope, type ResultFormat, type ResultOptions, renderResults } from './results.ts';

/** What `up` did. */
export interface UpReport {
  /** Clusters that were created, started or changed. */
  readonly clusters: readonly string[];
  /** Objects that were created, updated or removed. */
  readonly changes: readonly unknown[];
  readonly results: readonly CheckResult[];
}

/** What `up` did and what the closing checks found; ends without a line break. */
export function renderUp(report: UpReport, format: ResultFormat, options: ResultOptions = {}): string {
  const { clusters, changes, results } = report;
  if (format === 'json') return envelope('UpReport', { ...report, summary: summarize(results) });
  if (format === 'junit') return renderResults(results, 'junit');
  const touched =
    clusters.length + changes.length === 0
      ? 'nothing changed'
      : `${count(clusters.length, 'cluster')} and ${count(changes.length, 'object')} changed`;
  return results.length === 0 ? touched : `${renderResults(results, 'table', options)}\n${touched}`;
}

/** What `down` removed and what its audit still found. */
export interface DownReport {
  readonly removed: readonly string[];
  readonly leftovers: readonly {
    readonly kind: string;
    readonly id: string;
    readonly cluster?: string | undefined;
    readonly detail?: string | undefined;
  }[];
}

/** What `down` did; ends without a line break. */
export function renderDown(
  report: DownReport,
  format: 'table' | 'json',
  options: { readonly color?: boolean | undefined } = {},
): string {
  if (format === 'json') return envelope('DownReport', report);
  const { removed, leftovers } = report;
  const done = removed.length === 0 ? 'nothing to remove' : `removed ${removed.join(', ')}`;
  if (leftovers.length === 0) return `${done}; nothing is left`;
  const rows = leftovers.map(({ kind, id, cluster, detail }) => [kind, id, cluster ?? '-', detail ?? '']);
  const table = renderTable(['left', 'id', 'cluster', 'detail'], rows, options);
  return `${table}\n\n${done}; ${count(leftovers.length, 'thing')} left`;
}
