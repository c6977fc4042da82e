import type { Command } from 'commander';
import type { CommandContext } from '../../../command-context.ts';

/** What the registration of each `trust` command takes: the command group that it adds itself to. */
export interface TrustContext extends CommandContext {
  readonly trust: Command;
}
