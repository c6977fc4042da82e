export { type AllOfOptions, allOf } from './all-of.ts';
export { type FileLockOptions, fileLock, type Release } from './file-lock.ts';
export { RunError, type RunOptions, type RunResult, run } from './run.ts';
export { shellWord } from './shell-word.ts';
export { takeTerminal, watchTerminal } from './terminal.ts';
export { NotReady, type WaitOptions, waitUntil } from './wait-until.ts';
