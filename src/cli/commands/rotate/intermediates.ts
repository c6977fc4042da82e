import { Option } from 'commander';
import { withOperation } from '../../operation.ts';
import { conclude, confirm, operationFlags, type RotateFlags, rotateOptions } from './parts/common.ts';
import type { RotateContext } from './parts/rotate-context.ts';

type IntermediatesFlags = RotateFlags & { readonly lazy?: boolean };

/** `isthmus rotate intermediates` */
export function registerRotateIntermediates(context: RotateContext): void {
  const command = context.rotate
    .command('intermediates')
    .description('give every cluster a new intermediate of the root that the mesh has')
    .addOption(
      new Option('--now', 'make every proxy ask for a new certificate at once (default)').conflicts('lazy'),
    )
    .option('--lazy', 'let proxies follow within 12 hours, when half the life of their certificates is over')
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus rotate intermediates --plan\n  isthmus rotate intermediates --yes --lazy',
    )
    .action((flags: IntermediatesFlags) => rotate(context, flags));
  for (const option of rotateOptions()) command.addOption(option);
}

async function rotate(context: RotateContext, flags: IntermediatesFlags): Promise<void> {
  const { rotateMeshIntermediates } = await import('../../../mesh/index.ts');
  await confirm(context, flags, 'rotate the intermediates of the mesh');
  const lazy = flags.lazy ?? false;
  const report = await withOperation(
    context,
    (operation) => rotateMeshIntermediates({ ...operation, ...operationFlags(flags), lazy }),
    { signs: true },
  );
  await conclude(context, flags, report);
}
