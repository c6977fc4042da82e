import { isIsthmusError, messageOf } from '../errors/index.ts';
import type { Event, SpanEnd } from './event.ts';

/** Takes events; the only way the library speaks. Must not throw. */
export interface Reporter {
  emit(event: Event): void;
}

/** Drops every event. */
export const silentReporter: Reporter = { emit() {} };

/** Keeps every event; for tests and for JSON output at the end. */
export function recordingReporter(): Reporter & { readonly events: readonly Event[] } {
  const events: Event[] = [];
  return { events, emit: (event) => void events.push(event) };
}

/** A span that {@link span} has begun; also the reporter of what happens within. */
export interface SpanHandle extends Reporter {
  /** Unique in this process. */
  readonly id: number;
  /** Say how far it is: `done` of `total` pieces, milliseconds that remain; what is left out is unknown. */
  progress(update: { message?: string; done?: number; total?: number; remainingMs?: number }): void;
  /** Say how the span ended if not simply `done`. */
  ends(end: SpanEnd, detail?: string): void;
}

let lastSpan = 0;

/**
 * Run `work` between a start and an end event. Pass the handle on as the reporter of inner spans,
 * so that they nest. What `work` throws is rethrown after the end event `failed`.
 */
export async function span<T>(
  reporter: Reporter,
  what: { title: string; cluster?: string | undefined },
  work: (span: SpanHandle) => Promise<T>,
): Promise<T> {
  const id = ++lastSpan;
  const started = Date.now();
  const parent = 'id' in reporter ? (reporter as SpanHandle).id : undefined;
  let end: SpanEnd = 'done';
  let detail: string | undefined;
  const handle: SpanHandle = {
    id,
    emit: (event) => reporter.emit(event),
    progress: (update) => reporter.emit({ type: 'span-progress', time: Date.now(), id, ...update }),
    ends: (how, why) => {
      end = how;
      detail = why;
    },
  };
  const close = (how: SpanEnd, error?: { code: string; message: string }) => {
    const now = Date.now();
    reporter.emit({
      type: 'span-end',
      time: now,
      id,
      ...what,
      end: how,
      detail,
      durationMs: now - started,
      error,
    });
  };
  reporter.emit({ type: 'span-start', time: started, id, parent, ...what });
  try {
    const value = await work(handle);
    close(end);
    return value;
  } catch (error) {
    close('failed', { code: isIsthmusError(error) ? error.code : 'BUG', message: messageOf(error) });
    throw error;
  }
}

/** Say one thing outside any span's life cycle. */
export function note(
  reporter: Reporter,
  said: Omit<Extract<Event, { type: 'note' }>, 'type' | 'time'>,
): void {
  reporter.emit({ type: 'note', time: Date.now(), ...said });
}
