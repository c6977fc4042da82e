import type { Command } from 'commander';
import type { CommandContext } from '../../program.ts';
import { registerTrustExport } from './export.ts';
import { registerTrustImport } from './import.ts';
import { registerTrustShow } from './show.ts';

/** What the registration of each `trust` command takes: the command group that it adds itself to. */
export interface TrustContext extends CommandContext {
  readonly trust: Command;
}

/** `isthmus trust` and its commands, one file each. */
export function registerTrust(context: CommandContext): void {
  const trust = context.program.command('trust').description('the mesh’s root: where it is and who can sign');
  for (const register of [registerTrustShow, registerTrustExport, registerTrustImport])
    register({ ...context, trust });
}
