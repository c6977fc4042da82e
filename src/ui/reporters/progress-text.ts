import type { Event } from '../../report/index.ts';
import { formatDuration } from '../text/duration.ts';

type Progress = Extract<Event, { type: 'span-progress' }>;

/** `compiling kubelet · 3/12 · about 40 s left`; empty if nothing is known. */
export function progressText(progress: Progress | undefined): string {
  if (!progress) return '';
  const { message, done, total, remainingMs } = progress;
  const counted = done === undefined ? undefined : total === undefined ? `${done}` : `${done}/${total}`;
  const left = remainingMs === undefined ? undefined : `about ${formatDuration(remainingMs)} left`;
  return [message, counted, left].filter((part) => part !== undefined && part !== '').join(' · ');
}
