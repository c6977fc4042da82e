import type { CheckResult, Outcome, Status } from '../../report/index.ts';
import { count } from '../text/text.ts';

/** One line that says what came of it. */
export function outcomeText(outcome: Outcome): string {
  if (outcome.status === 'skip') return outcome.reason;
  if (outcome.status === 'blocked') return `blocked by ${outcome.by}`;
  return outcome.detail;
}

/** How many results there are of each status. */
export function summarize(results: readonly CheckResult[]): Record<Status | 'total', number> {
  const summary = { total: results.length, pass: 0, warn: 0, fail: 0, skip: 0, blocked: 0 };
  for (const { outcome } of results) summary[outcome.status] += 1;
  return summary;
}

/** `9 checks: 7 pass, 1 warn, 1 fail`; statuses that did not happen are left out. */
export function summaryText(results: readonly CheckResult[]): string {
  const { total, ...counts } = summarize(results);
  const parts = Object.entries(counts).flatMap(([status, amount]) => (amount ? [`${amount} ${status}`] : []));
  return `${count(total, 'result')}: ${parts.join(', ') || 'nothing was checked'}`;
}
