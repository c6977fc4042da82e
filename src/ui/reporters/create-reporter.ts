import type { Reporter } from '../../report/index.ts';
import { type LiveOptions, liveReporter, type Terminal } from './live.ts';
import { plainReporter } from './plain.ts';

export interface ReporterOptions {
  /** Where progress goes: standard error, so that standard output holds only the answer. */
  readonly stream: Terminal;
  readonly color: boolean;
  /** Redraw in place; only sensible on a terminal. */
  readonly live: boolean;
  readonly verbose?: boolean | undefined;
  /** See the live reporter, which alone draws where others talk. */
  readonly watchTerminal?: LiveOptions['watchTerminal'];
}

/** Draws events while the library works; close it before anything else is written to the stream. */
export function createReporter(options: ReporterOptions): Reporter & { close(): void } {
  const { stream, color, live, verbose = false, watchTerminal } = options;
  if (live) return liveReporter({ stream, color, verbose, watchTerminal });
  return { ...plainReporter({ write: (text) => void stream.write(text), color, verbose }), close() {} };
}
