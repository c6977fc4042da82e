import { withOperation } from '../../operation.ts';
import { conclude, confirm, operationFlags, type RotateFlags, rotateOptions } from './parts/common.ts';
import type { RotateContext } from './parts/rotate-context.ts';

type RootFlags = RotateFlags & { readonly abort?: boolean };

/** `isthmus rotate root` */
export function registerRotateRoot(context: RotateContext): void {
  const command = context.rotate
    .command('root')
    .description('replace the root of the mesh; goes on wherever an earlier run ended')
    .option('--abort', 'go back to the root before; not any more once a cluster dropped it')
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus rotate root --plan\n  isthmus rotate root --yes --page rotation.html\n  isthmus rotate root --abort --yes',
    )
    .action((flags: RootFlags) => rotate(context, flags));
  for (const option of rotateOptions()) command.addOption(option);
}

async function rotate(context: RotateContext, flags: RootFlags): Promise<void> {
  const { rotateMeshRoot } = await import('../../../mesh/index.ts');
  const what = flags.abort ? 'go back to the root before' : 'rotate the root of the mesh';
  await confirm(context, flags, what);
  const abort = flags.abort ?? false;
  const report = await withOperation(
    context,
    (operation) => rotateMeshRoot({ ...operation, ...operationFlags(flags), abort }),
    { signs: true },
  );
  await conclude(context, flags, report);
}
