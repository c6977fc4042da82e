import type { Command } from 'commander';
import type { CommandContext } from '../../../command-context.ts';

/** What the registration of each `rotate` command takes: the command group that it adds itself to. */
export interface RotateContext extends CommandContext {
  readonly rotate: Command;
}
