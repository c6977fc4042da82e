import type { CommandContext } from '../../command-context.ts';
import { registerTrustExport } from './export.ts';
import { registerTrustImport } from './import.ts';
import { registerTrustShow } from './show.ts';

/** `isthmus trust` and its commands, one file each. */
export function registerTrust(context: CommandContext): void {
  const trust = context.program.command('trust').description('the mesh’s root: where it is and who can sign');
  for (const register of [registerTrustShow, registerTrustExport, registerTrustImport])
    register({ ...context, trust });
}
