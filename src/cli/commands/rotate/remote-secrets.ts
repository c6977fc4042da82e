import { withOperation } from '../../operation.ts';
import { conclude, confirm, operationFlags, type RotateFlags, rotateOptions } from './parts/common.ts';
import type { RotateContext } from './parts/rotate-context.ts';

/** `isthmus rotate remote-secrets` */
export function registerRotateRemoteSecrets(context: RotateContext): void {
  const command = context.rotate
    .command('remote-secrets')
    .description(
      'give every cluster new tokens for the others, one holder at a time, and revoke the former ones',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus rotate remote-secrets --plan\n  isthmus rotate remote-secrets --yes -o json',
    )
    .action((flags: RotateFlags) => rotate(context, flags));
  for (const option of rotateOptions()) command.addOption(option);
}

async function rotate(context: RotateContext, flags: RotateFlags): Promise<void> {
  const { rotateMeshRemoteSecrets } = await import('../../../mesh/index.ts');
  await confirm(context, flags, 'replace every token that clusters hold for each other');
  const report = await withOperation(context, (operation) =>
    rotateMeshRemoteSecrets({ ...operation, ...operationFlags(flags) }),
  );
  await conclude(context, flags, report);
}
