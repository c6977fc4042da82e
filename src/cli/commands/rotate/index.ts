import type { CommandContext } from '../../command-context.ts';
import { registerRotateIntermediates } from './intermediates.ts';
import type { RotateContext } from './parts/rotate-context.ts';
import { registerRotateRemoteSecrets } from './remote-secrets.ts';
import { registerRotateRoot } from './root.ts';

/** `isthmus rotate` and its commands, one file each. */
export function registerRotate(context: CommandContext): void {
  const rotate = context.program
    .command('rotate')
    .description('replace what the mesh’s trust rests on, in gated phases, losing no request');
  const commands: readonly ((context: RotateContext) => void)[] = [
    registerRotateRoot,
    registerRotateIntermediates,
    registerRotateRemoteSecrets,
  ];
  for (const register of commands) register({ ...context, rotate });
}
