export type { Event, SpanEnd } from './event.ts';
export {
  blocked,
  type CheckResult,
  exitCodeOfResults,
  fail,
  type Outcome,
  type Problem,
  pass,
  type Status,
  skip,
  warn,
} from './outcome.ts';
export { note, type Reporter, recordingReporter, type SpanHandle, silentReporter, span } from './reporter.ts';
