import { createLogUpdate } from 'log-update';
import type { Event, Reporter } from '../../report/index.ts';
import { paint } from '../text/theme.ts';
import { SpanTree } from './span-tree.ts';
import { renderTaskList } from './task-list.ts';

/** A stream that may know its size in cells. */
export type Terminal = NodeJS.WritableStream & {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

export interface LiveOptions {
  readonly stream: Terminal;
  readonly color: boolean;
  readonly verbose: boolean;
  /** Calls back when somebody else is to talk on the terminal, before it begins, and when it is free again. */
  readonly watchTerminal?: ((watcher: (isTaken: boolean) => void) => () => void) | undefined;
  /** Milliseconds since the epoch; a test sets its own. */
  readonly now?: (() => number) | undefined;
}

const frameMs = 80;

/** A task list that is redrawn in place on a terminal until it is closed; then its last state stays. */
export function liveReporter(options: LiveOptions): Reporter & { close(): void } {
  const tree = new SpanTree();
  const screen = createLogUpdate(options.stream as NodeJS.WriteStream);
  const now = options.now ?? Date.now;
  let closed = false;
  const frame = (last: boolean) =>
    renderTaskList(tree, {
      // Some pseudo-terminals say that they have no cells at all.
      columns: options.stream.columns || 80,
      // The last frame scrolls away with the terminal's history, so it may be as long as it is.
      rows: last ? Number.POSITIVE_INFINITY : options.stream.rows || 24,
      now: now(),
      color: options.color,
      // The results follow as the command's answer; the list is only there while one waits.
      checks: !last,
    }).join('\n');
  let taken = false;
  const unsaid: string[] = [];
  const timer = setInterval(() => {
    if (!taken) screen(frame(false));
  }, frameMs);
  timer.unref();
  const unwatch = options.watchTerminal?.((isTaken) => {
    taken = isTaken;
    if (isTaken) screen.clear();
    else for (const said of unsaid.splice(0)) screen.persist(said);
  });
  return {
    emit(event) {
      tree.take(event);
      const said = closed ? undefined : noteText(event, options);
      if (said === undefined) return;
      if (taken) unsaid.push(said);
      else screen.persist(said);
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      unwatch?.();
      const last = frame(true);
      if (last === '') screen.clear();
      else screen(last);
      screen.done();
    },
  };
}

function noteText(event: Event, { verbose, color }: LiveOptions): string | undefined {
  if (event.type !== 'note' || (event.level === 'debug' && !verbose)) return undefined;
  const words = `${event.cluster ? `[${event.cluster}] ` : ''}${event.message}`;
  const colors = paint(color);
  if (event.level === 'warn') return colors.yellow(`! ${words}`);
  return event.level === 'debug' ? colors.dim(`  ${words}`) : `  ${words}`;
}
