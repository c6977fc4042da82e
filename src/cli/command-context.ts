import type { Command } from 'commander';
import type { Operation } from '../mesh/index.ts';
import type { Shell } from './shell.ts';

/** Sets the exit code of a command that ended without throwing. */
export type SetExitCode = (code: number) => void;

/** What every command's registration takes. */
export interface CommandContext {
  readonly program: Command;
  readonly shell: Shell;
  readonly setExitCode: SetExitCode;
  /** Used instead of the usual ones. */
  readonly providers: NonNullable<Operation['providers']>;
}

/** Options of the whole program, as commander parses them. */
export interface GlobalOptions {
  readonly file?: string;
  readonly color: boolean;
  readonly verbose?: boolean;
  readonly events: 'auto' | 'plain' | 'json';
}
