import type { CheckResult } from '../../report/index.ts';
import { checkTable } from './check-table.ts';
import { summarize } from './outcome-text.ts';

export type ResultFormat = 'table' | 'json' | 'junit';

export interface ResultOptions {
  readonly color?: boolean | undefined;
  /** Terminal cells in a line, for the table; 100 by default. */
  readonly width?: number | undefined;
}

/**
 * Results in one of the three formats, without a line break at the end. The JSON envelope is contract. What makes
 * JUnit's XML is loaded only for it, here as for drills: it is as much code as all other views.
 */
export async function renderResults(
  results: readonly CheckResult[],
  format: ResultFormat,
  options: ResultOptions = {},
): Promise<string> {
  if (format === 'junit') return (await import('./check-junit.ts')).checkJunit(results);
  if (format === 'table')
    return checkTable(results, { color: options.color ?? false, width: options.width || 100 });
  return envelope('CheckReport', { results, summary: summarize(results) });
}

/** Every JSON answer starts alike, so that a reader can tell what it holds. */
export function envelope(kind: string, body: object): string {
  return JSON.stringify({ kind, apiVersion: 'isthmus/v1alpha1', ...body }, null, 2);
}
