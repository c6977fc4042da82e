import type { Command } from 'commander';
import type { CommandContext } from '../../program.ts';
import { registerRotateIntermediates } from './intermediates.ts';
import { registerRotateRoot } from './root.ts';

/** What the registration of each `rotate` command takes: the command group that it adds itself to. */
export interface RotateContext extends CommandContext {
  readonly rotate: Command;
}

/** `isthmus rotate` and its commands, one file each. */
export function registerRotate(context: CommandContext): void {
  const rotate = context.program
    .command('rotate')
    .description('replace what the mesh’s trust rests on, in gated phases, losing no request');
  const commands: readonly ((context: RotateContext) => void)[] = [
    registerRotateRoot,
    registerRotateIntermediates,
  ];
  for (const register of commands) register({ ...context, rotate });
}
