import pc from 'picocolors';
import type { SpanEnd, Status } from '../../report/index.ts';

export type Paint = ReturnType<typeof pc.createColors>;

/** Colours, or functions that change nothing. */
export const paint = (color: boolean): Paint => pc.createColors(color);

export const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

const ends: Record<SpanEnd, { mark: string; color: 'green' | 'dim' | 'red' }> = {
  done: { mark: '✓', color: 'green' },
  unchanged: { mark: '=', color: 'green' },
  skipped: { mark: '-', color: 'dim' },
  failed: { mark: '✗', color: 'red' },
};

export const endMark = (end: SpanEnd, colors: Paint): string => colors[ends[end].color](ends[end].mark);

const statuses: Record<Status, { mark: string; color: 'green' | 'yellow' | 'red' | 'dim' | 'magenta' }> = {
  pass: { mark: '✓', color: 'green' },
  warn: { mark: '!', color: 'yellow' },
  fail: { mark: '✗', color: 'red' },
  skip: { mark: '-', color: 'dim' },
  blocked: { mark: '·', color: 'magenta' },
};

export const statusMark = (status: Status, colors: Paint): string =>
  colors[statuses[status].color](statuses[status].mark);

export const statusWord = (status: Status, colors: Paint): string => colors[statuses[status].color](status);
