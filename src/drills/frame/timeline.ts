import type { CallerRecords, RequestRecord } from '../../load/index.ts';
import type { DrillTimeline } from '../../report/index.ts';

/** At most so many slices, so that a page can draw them. */
const mostSlices = 240;
const shortest = 0.25;

/** What became of a caller's requests over time, by when they were due. */
export function timelineOf(
  { from, records, marks }: CallerRecords,
  clusterOf: (record: RequestRecord) => string | undefined,
): DrillTimeline {
  const begin = Math.min(...records.map(({ scheduled }) => scheduled), ...marks.map(({ at }) => at));
  const end = Math.max(...records.map(({ scheduled }) => scheduled), begin);
  const seconds = Number.isFinite(begin) ? (end - begin) / 1e6 : 0;
  const slice = Math.max(shortest, Math.ceil((seconds / mostSlices) * 4) / 4);
  const slices = Array.from({ length: Math.floor(seconds / slice) + 1 }, (_, at) => ({
    at: at * slice,
    answers: {} as Record<string, number>,
    lost: 0,
  }));
  for (const record of records) {
    const into = slices[Math.floor((record.scheduled - begin) / 1e6 / slice)];
    const cluster = clusterOf(record);
    if (!into) continue;
    if (cluster === undefined) into.lost += 1;
    else into.answers[cluster] = (into.answers[cluster] ?? 0) + 1;
  }
  const titled = marks.map(({ mark, at }) => ({ title: mark, at: (at - begin) / 1e6 }));
  return { from, slice, slices, marks: titled };
}
