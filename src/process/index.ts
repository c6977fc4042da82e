export { RunError, type RunOptions, type RunResult, run } from './run.ts';
export { NotReady, type WaitOptions, waitUntil } from './wait-until.ts';
