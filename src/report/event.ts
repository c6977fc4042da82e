import type { ErrorCode } from '../errors/index.ts';
import type { NoteCode } from './note-codes.ts';
import type { CheckResult } from './outcome.ts';
import type { TrafficFigures } from './view/traffic.ts';

interface Base {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** How a span ended. `unchanged` means that it looked and had nothing to do. */
export type SpanEnd = 'done' | 'unchanged' | 'skipped' | 'failed';

/**
 * Everything the library says while it works. Only `type`, ids, `code` and `data` are contract;
 * titles and messages may change. An event never contains a secret.
 */
export type Event =
  | (Base & {
      readonly type: 'span-start';
      readonly id: number;
      readonly parent?: number | undefined;
      readonly title: string;
      readonly cluster?: string | undefined;
    })
  | (Base & {
      readonly type: 'span-progress';
      readonly id: number;
      readonly message?: string | undefined;
      readonly done?: number | undefined;
      readonly total?: number | undefined;
      /** Estimated milliseconds until the span ends. */
      readonly remainingMs?: number | undefined;
    })
  | (Base & {
      readonly type: 'span-end';
      readonly id: number;
      readonly title: string;
      readonly cluster?: string | undefined;
      readonly end: SpanEnd;
      readonly detail?: string | undefined;
      readonly durationMs: number;
      readonly error?: { readonly code: string; readonly message: string } | undefined;
    })
  | (Base & {
      readonly type: 'note';
      readonly level: 'debug' | 'info' | 'warn';
      /** That of an error where one was met and got over. */
      readonly code: NoteCode | ErrorCode;
      readonly message: string;
      readonly cluster?: string | undefined;
      readonly data?: Readonly<Record<string, unknown>> | undefined;
    })
  | (Base & {
      readonly type: 'check-start';
      readonly id: string;
      readonly title: string;
      readonly subject?: string | undefined;
    })
  | (Base & { readonly type: 'check-result'; readonly result: CheckResult })
  | (Base & { readonly type: 'traffic-measured'; readonly figures: TrafficFigures });
