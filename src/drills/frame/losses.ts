import { type CallerRecords, isLost, lossReason } from '../../load/index.ts';
import type { DrillTable } from '../../report/index.ts';

/** What became of lost requests, by caller, connection, stretch and reason. */
export function lossTable(callers: readonly CallerRecords[]): DrillTable {
  const counts = new Map<string, number>();
  for (const { from, records, marks } of callers) {
    for (const record of records.filter(isLost)) {
      const during = marks.findLast(({ at }) => at <= record.scheduled)?.mark ?? 'before';
      const key = [from, record.connection, during, lossReason(record)].join('\n');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return {
    title: 'What was lost',
    heads: ['From', 'Connection', 'After', 'Reason', 'Requests'],
    rows: [...counts].map(([key, count]) => [...key.split('\n'), String(count)]),
  };
}
